/** How often the walks have met what they are there for: a model that never reaches the hard cases proves nothing. */

export class Coverage {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** Of everything that fits. */
  sum(fits: RegExp): number {
    return [...this.#counts].reduce((sum, [what, count]) => (fits.test(what) ? sum + count : sum), 0);
  }

  /** By name. */
  get all(): readonly (readonly [what: string, count: number])[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const WRITES = {
  store: ['begin', 'transition', 'release', 'patch', 'renew', 'create', 'nextGeneration'],
  states: ['save', 'saveConfiguration', 'load', 'remove'],
  quarantine: ['claim', 'keepConfiguration'],
  queue: ['add', 'giveBack'],
} as const;

/** What `npm test` must meet. */
const OF_A_SHORT_RUN: readonly RegExp[] = [
  /^takeover$/,
  /^state quarantined$/,
  /^time passed a live lease$/,
  /^delivered again$/,
  /^job lost$/,
  /^destroy asked of CREATING$/,
  /^destroy asked of DESTROYING$/,
  /^begin refused: lease-held$/,
  /^transition refused: stale-epoch$/,
  /^became FAILED$/,
  /^cutPower$/,
  /^overtake$/,
  /^stopWorker$/,
  /^disk filled/,
  /^vanished by hand$/,
  /^terraform killed before (creates|completes|tears|writes|deletes)$/,
  /^guard killed before /,
  /^both killed before /,
  /^killed over a torn state$/,
  /^waited for processes$/,
  /^answered inventory.destroy$/,
  /^answered quarantine.(claim|end)$/,
  ...['fails', 'lost', 'partial'].flatMap((how) => [new RegExp(`^${how} terraform creates$`)]),
  ...['dies-before', 'dies-after', 'lost', 'refused', 'twice'].flatMap((mode) => [
    new RegExp(`^${mode} store\\.`),
    new RegExp(`^${mode} states\\.`),
  ]),
];

/** What a night must meet besides: a death before and after each call that changes something, and each way of a kill. */
const OF_A_NIGHT: readonly RegExp[] = [
  ...Object.entries(WRITES).flatMap(([port, calls]) =>
    calls.flatMap((call) =>
      ['dies-before', 'dies-after'].map((mode) => new RegExp(`^${mode} ${port}\\.${call}$`)),
    ),
  ),
  // Only an instance boots, which is for one step.
  /^(terraform|guard|both) killed before boots$/,
  ...['terraform', 'guard', 'both'].flatMap((whom) =>
    ['starts', 'plans', 'begins', 'creates', 'completes', 'tears', 'writes', 'deletes', 'closes', 'ends'].map(
      (step) => new RegExp(`^${whom} killed before ${step}$`),
    ),
  ),
  ...['fails', 'lost', 'partial'].map((how) => new RegExp(`^${how} terraform boots$`)),
  ...['fails', 'lost'].map((how) => new RegExp(`^${how} terraform deletes$`)),
  /^fails terraform plans$/,
  /^retry asked$/,
  /^became (STARTED|INSERVICE|SOFT_SUNSET)$/,
];
/** So seldom that a night meets them some once and some not at all. */
const OF_A_WEEK: readonly RegExp[] = ['amend', 'end', 'release'].flatMap((call) =>
  ['dies-before', 'dies-after'].map((mode) => new RegExp(`^${mode} quarantine\\.${call}$`)),
);

/** From so many steps on a run counts as that of a night, or of a week. */
const NIGHT = 90_000;
const WEEK = 900_000;

/** Hard cases that so many steps should have met and have not. */
export function neverMet(coverage: Coverage, steps: number): readonly string[] {
  const wanted = [
    ...OF_A_SHORT_RUN,
    ...(steps < NIGHT ? [] : OF_A_NIGHT),
    ...(steps < WEEK ? [] : OF_A_WEEK),
  ];
  return wanted.filter((fits) => coverage.sum(fits) === 0).map(({ source }) => source);
}
