# A redis-server or valkey-server, through the system's package manager.

have_redis() {
  hash -r
  have redis-server || have valkey-server
}

ensure_redis() {
  have_redis && return 0
  local manager packages package
  manager=$(package_manager) || give_up \
    'nodeyard needs redis-server or valkey-server, and no package manager that it knows is here.' \
    'Install Redis (6.2 or newer) or Valkey: https://redis.io/docs/latest/operate/oss_and_stack/install/'
  packages=$(redis_packages "$manager")
  if [ "$manager" != brew ] && ! may_be_root; then
    give_up 'nodeyard needs redis-server or valkey-server, and installing it takes root. By hand:' \
      "$(by_hand "$manager" "${packages%% *}")"
  fi
  for package in $packages; do
    say "installing $package ($manager)"
    install_package "$manager" "$package" || continue
    have_redis && return 0
  done
  give_up "$manager installed neither of: $packages. By hand:" "$(by_hand "$manager" "${packages%% *}")"
}

package_manager() {
  local name
  for name in apt-get dnf yum apk pacman zypper brew; do
    if have "$name"; then
      printf '%s\n' "$name"
      return 0
    fi
  done
  return 1
}

# The packages that bring the server, in the order in which they are tried.
redis_packages() {
  case $1 in
    apt-get) printf 'redis-server valkey-server\n' ;;
    pacman) printf 'valkey redis\n' ;;
    *) printf 'redis valkey\n' ;;
  esac
}

by_hand() {
  case $1 in
    apt-get) printf 'sudo apt-get update && sudo apt-get install -y %s\n' "$2" ;;
    dnf | yum) printf 'sudo %s install -y %s\n' "$1" "$2" ;;
    apk) printf 'sudo apk add %s\n' "$2" ;;
    pacman) printf 'sudo pacman -S --noconfirm %s\n' "$2" ;;
    zypper) printf 'sudo zypper --non-interactive install %s\n' "$2" ;;
    brew) printf 'brew install %s\n' "$2" ;;
  esac
}

install_package() {
  case $1 in
    apt-get) install_on_debian "$2" ;;
    dnf | yum) as_root "$1" install -y "$2" ;;
    apk) as_root apk add "$2" ;;
    pacman) as_root pacman -S --noconfirm "$2" ;;
    zypper) as_root zypper --non-interactive install "$2" ;;
    brew) brew install "$2" ;;
  esac </dev/null >&2
}

# Debian's package also starts a service on port 6379, which nobody asked for. It is masked while the package is
# installed and left disabled; nothing was there before, or there would have been a server on the PATH.
install_on_debian() {
  local status=0
  if have systemctl; then
    trap "as_root systemctl --quiet unmask '$1.service' || true" EXIT
    as_root systemctl --quiet mask "$1.service" || true
  fi
  apt_install "$1" || { as_root apt-get update -qq && apt_install "$1"; } || status=$?
  if have systemctl; then
    as_root systemctl --quiet unmask "$1.service" || true
    trap - EXIT
    if [ "$status" = 0 ]; then as_root systemctl --quiet disable "$1.service" || true; fi
  elif [ "$status" = 0 ] && have update-rc.d; then
    as_root invoke-rc.d "$1" stop || true
    as_root update-rc.d "$1" disable || true
  fi
  return "$status"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
}
