# Node and the packages of package-lock.json.

require_node() {
  local by_hand='Install Node.js 20.19 or newer: https://nodejs.org/en/download'
  have node || give_up 'nodeyard needs Node.js; there is no node on the PATH.' "$by_hand"
  node -e '
    var version = process.versions.node.split(".").map(Number);
    process.exit(version[0] > 20 || (version[0] === 20 && version[1] >= 19) ? 0 : 1);
  ' || give_up "nodeyard needs Node.js 20.19 or newer; this one is $(node --version)." "$by_hand"
}

# npm writes node_modules/.package-lock.json last, so an installation that was interrupted is begun again.
ensure_dependencies() {
  local installed=node_modules/.package-lock.json
  if [ -f "$installed" ] && ! [ package-lock.json -nt "$installed" ]; then return 0; fi
  refuse_shared_dependencies
  say 'installing the dependencies (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error </dev/null >&2 ||
    give_up 'the dependencies could not be installed. By hand:' 'npm ci'
}

# npm ci begins with removing what is there: through a link it would empty the directory that somebody else works with.
refuse_shared_dependencies() {
  if ! [ -L node_modules ]; then return 0; fi
  give_up \
    'node_modules is a symbolic link, and does not fit package-lock.json: npm ci would empty the directory that it leads to. By hand (removes the link alone):' \
    'rm node_modules && npm ci'
}
