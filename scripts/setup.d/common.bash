# What the steps of set-up share.

say() { printf 'setup: %s\n' "$*" >&2; }

# Ends set-up: first what is wrong, and as the very last line what to run by hand.
give_up() {
  say "$1"
  printf '%s\n' "$2" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# Root, or a sudo that does not ask for a password.
may_be_root() { is_root || { have sudo && sudo -n true 2>/dev/null; }; }

as_root() {
  if is_root; then "$@"; else sudo -n "$@"; fi
}

# The data directory as src/config.ts finds it: the variable, the configuration file, the default. Absolute.
data_dir() {
  local file=${NODEYARD_CONFIG:-nodeyard.json} dir=${NODEYARD_DATA_DIR:-}
  if [ -z "$dir" ] && [ -f "$file" ]; then
    dir=$(node -e '
      const { dirname, resolve } = require("node:path");
      const { dataDir } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
      if (dataDir) console.log(resolve(dirname(process.argv[1]), dataDir));
    ' "$file" 2>/dev/null) || dir=
  fi
  dir=${dir:-.nodeyard}
  case $dir in
    /*) printf '%s\n' "$dir" ;;
    *) printf '%s\n' "$PWD/$dir" ;;
  esac
}
