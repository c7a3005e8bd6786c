# dist/, when it is missing or older than what it is made of.

ensure_build() {
  local entry=dist/src/cli/main.js
  if [ -f "$entry" ] && [ -f dist/.built ] && ! sources_changed; then return 0; fi
  say 'building (tsc)'
  # The compiler's notes would make it skip what somebody removed.
  if ! [ -f "$entry" ]; then rm -rf dist; fi
  mkdir -p dist
  # The time of the begin counts: a source that changes meanwhile is newer.
  touch dist/.building
  node_modules/.bin/tsc -p tsconfig.build.json >&2 || give_up 'the build failed. By hand:' 'npm run build'
  mv dist/.building dist/.built
}

# A directory is newer too when a file in it was removed.
sources_changed() {
  [ -n "$(find src stacks workers package-lock.json tsconfig.json tsconfig.build.json -newer dist/.built 2>/dev/null)" ]
}
