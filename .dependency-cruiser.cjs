// The import rules of the architecture (docs/architecture.md), held by `npm run check`.
const core =
  '^src/(node/|errors\\.ts|log\\.ts|crypto\\.ts|file-lock\\.ts|redis-(errors|fields|hashes|scripts)\\.ts)';
/** Folders that know nothing of one another: they may import themselves, the core and packages. */
const island = (name, extra = '') => ({
  name: `${name}-is-an-island`,
  comment: `src/${name} imports only itself and the core; operations put the parts together.`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: {
    path: '^(src|stacks|workers|test|bench|scripts)/',
    pathNot: [`^src/${name}/`, core, ...(extra ? [extra] : [])],
  },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    island('store'),
    island('terraform'),
    island('state'),
    island('synth', '^stacks/'),
    island('node'),
    island('heartbeat'),
    // What a node is told stands in its history, written in the same step: by the store’s own Lua.
    island('commands', '^src/store/(scripts/prelude|context)\\.ts$'),
    island('auth'),
    island('webhooks'),
    island('groups', '^src/config/units\\.ts$'),
    // Decides, and touches nothing: production, `explain` and `simulate` ask the same.
    island('scaling', '^src/(groups/|age\\.ts$|config/units\\.ts$)'),
    // The index of a role’s nodes is the store’s, and read in one script with what they say.
    island('routing', '^src/(groups/|scaling/ranking\\.ts$|heartbeat/load\\.ts$|store/keys\\.ts$)'),
    {
      name: 'cdk-lives-in-stacks',
      comment: 'stacks/ is the only folder that imports the CDK, so that it can be replaced in one place.',
      severity: 'error',
      from: { pathNot: ['^stacks/', '^test/', '^bench/'] },
      to: { path: 'node_modules/(cdktf|cdktn|constructs|@cdktf)/' },
    },
    {
      name: 'aws-sdk-lives-in-stacks',
      comment: 'Only an inventory asks a cloud; Terraform does everything else there.',
      severity: 'error',
      from: { pathNot: ['^stacks/', '^test/'] },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'aws-sdk-is-loaded-late',
      comment:
        'It costs half a second and a hundred megabytes: imported by who opens an inventory, not with a stack.',
      severity: 'error',
      from: { path: '^stacks/' },
      to: { path: 'node_modules/@aws-sdk/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-spawn-for-terraform',
      comment:
        'src/terraform/run.ts is the only place that starts Terraform; the embedded Redis has its own child.',
      severity: 'error',
      from: {
        path: '^(src|workers|stacks)/',
        pathNot: ['^src/terraform/run\\.ts$', '^src/embedded/', '^src/cli/', '^stacks/local-node/'],
      },
      to: { path: '^(execa|child_process|node:child_process)$|node_modules/execa/' },
    },
    {
      name: 'operations-look-down-only',
      severity: 'error',
      from: { path: '^src/operations/' },
      to: { path: '^(src/(cli|embedded|app|queue)|workers)' },
    },
    {
      name: 'nothing-imports-the-edges',
      severity: 'error',
      from: { path: '^(src|stacks)/', pathNot: ['^src/(cli|app\\.ts|api\\.ts|index\\.ts)'] },
      to: { path: '^(workers/|src/cli/|src/(app|api)\\.ts)' },
    },
    {
      name: 'http-is-an-edge',
      comment: 'src/api.ts puts the API together; besides it only the commands know that there is HTTP.',
      severity: 'error',
      from: { path: '^(src|stacks|workers)/', pathNot: ['^src/(http|cli|remote)/', '^src/api\\.ts$'] },
      to: { path: '^src/http/' },
    },
    {
      name: 'the-api-client-is-light',
      comment:
        'The client of the API runs in other people’s programs: it loads the core and one parser. Of the API it has the types.',
      severity: 'error',
      from: { path: '^src/remote/' },
      to: {
        path: '^(src|stacks|workers)/|node_modules/',
        pathNot: ['^src/remote/', core, 'node_modules/(eventsource-parser|@types/node|undici-types)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-api-client-is-typed-by-the-api',
      comment: 'Its types come from the schemas, not from what stands behind them.',
      severity: 'error',
      from: { path: '^src/remote/' },
      to: {
        path: '^(src|stacks|workers)/',
        pathNot: [
          '^src/remote/',
          core,
          '^src/http/(schemas/|errors\\.ts$|stream/event-stream\\.ts$)',
          '^src/webhooks/webhook\\.ts$',
          '^src/groups/config\\.ts$',
        ],
      },
    },
    {
      name: 'http-speaks-through-ports',
      comment:
        'Routes call the client and the ports of store, state, queue, heartbeat, commands, groups, routing and webhooks; what implements these is put together in src/api.ts.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: {
        path: '^(src|stacks|workers)/',
        pathNot: [
          core,
          '^src/http/',
          '^src/auth/',
          '^src/(client|config|metrics|age)\\.ts$',
          '^src/config/',
          '^src/metrics/(requests|scrape)\\.ts$',
          '^src/queue/',
          '^src/store/(store|tail|follower)\\.ts$',
          '^src/runs/runs\\.ts$',
          '^src/state/(repository|document)\\.ts$',
          '^src/heartbeat/(heartbeats|load)\\.ts$',
          '^src/commands/(commands|wish)\\.ts$',
          '^src/groups/(groups|history|config|accepted|check-stacks|standing)\\.ts$',
          '^src/routing/routing\\.ts$',
          '^src/fleet/scaling/explain\\.ts$',
          '^src/webhooks/(webhook|webhooks|payload)\\.ts$',
        ],
      },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { path: '^(src|stacks|workers)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
