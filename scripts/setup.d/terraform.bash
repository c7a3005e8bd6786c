# Terraform, where neither it nor OpenTofu is on the PATH: the official release, into the data directory.
#
# The archive is checked against the release's SHA256SUMS, which protects against damage and against a mirror that holds
# other bytes than the checksums beside them. It does not protect against a mirror that changed both: for that, the
# signature (terraform_<version>_SHA256SUMS.72D7468F.sig) would have to be verified with gpg and HashiCorp's public key,
# which gpg would need to have from somewhere else than the mirror.

TERRAFORM_VERSION=1.11.4
TERRAFORM_RELEASES=https://releases.hashicorp.com

ensure_terraform() {
  if [ -n "${NODEYARD_TERRAFORM_BINARY:-}" ] || have terraform || have tofu; then return 0; fi
  local bin platform
  bin=$(data_dir)/bin
  if [ -x "$bin/terraform" ]; then return 0; fi
  platform=$(terraform_platform) || give_up \
    "nodeyard needs Terraform or OpenTofu, and there is no release for $(uname -sm)." \
    'Install Terraform (1.5 or newer) or OpenTofu (1.6 or newer): https://opentofu.org/docs/intro/install/'
  install_terraform "$bin" "$platform" "${NODEYARD_TERRAFORM_MIRROR:-$TERRAFORM_RELEASES}"
}

terraform_platform() {
  local system machine
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    FreeBSD) system=freebsd ;;
    *) return 1 ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) machine=amd64 ;;
    arm64 | aarch64) machine=arm64 ;;
    armv6l | armv7l) machine=arm ;;
    i386 | i686) machine=386 ;;
    *) return 1 ;;
  esac
  printf '%s_%s\n' "$system" "$machine"
}

install_terraform() {
  local bin=$1 base=${3%/}/terraform/$TERRAFORM_VERSION
  local archive=terraform_${TERRAFORM_VERSION}_$2.zip sums=terraform_${TERRAFORM_VERSION}_SHA256SUMS
  say "downloading Terraform $TERRAFORM_VERSION from $base"
  mkdir -p "$bin"
  # Beside its goal, so that the last step is a rename: there is never half a terraform.
  download_dir=$(mktemp -d "$bin/.download.XXXXXX")
  trap 'rm -rf "$download_dir"' EXIT
  download "$base/$sums" "$download_dir/$sums" && download "$base/$archive" "$download_dir/$archive" || give_up \
    "$base/$archive could not be downloaded. By hand, or with NODEYARD_TERRAFORM_MIRROR set to a mirror of the releases:" \
    "curl -fLo terraform.zip '$base/$archive' && unzip -o terraform.zip terraform -d '$bin' && rm terraform.zip"
  node scripts/setup.d/unpack.mjs "$download_dir/$sums" "$download_dir/$archive" terraform "$download_dir/terraform" ||
    give_up 'nothing was installed. Once more, from the official releases:' \
      "NODEYARD_TERRAFORM_MIRROR=$TERRAFORM_RELEASES scripts/setup"
  mv "$download_dir/terraform" "$bin/terraform"
  rm -rf "$download_dir"
  trap - EXIT
  say "Terraform $TERRAFORM_VERSION is in $bin"
}

# curl and wget know of proxies; Node, which is always there, is the last resort.
download() {
  if have curl; then
    curl -fsSL --retry 2 --connect-timeout 20 -o "$2" "$1" >&2
  elif have wget; then
    wget -q --tries=3 --connect-timeout=20 -O "$2" "$1" >&2
  else
    node scripts/setup.d/download.mjs "$1" "$2"
  fi
}
