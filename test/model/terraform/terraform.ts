/**
 * Terraform as the model has it: an actor that does one small step at a time, so that it can be killed between any two of
 * them. What it writes, prints and leaves is what the real one does (docs/decisions/0001, 0003; seen with 1.11.4): the state
 * file is truncated and rewritten a moment after each finished resource; a resource whose provisioner still runs stands in it
 * untainted; the last state is written once more at the end; one TERM lets it finish what is in flight.
 */
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { clearRunFiles } from '../../../src/terraform/exit-file.js';
import type { RunOptions } from '../../../src/terraform/start.js';
import { CloudError, type ModelCloud } from '../cloud.js';
import { type Configuration, type ConfiguredResource, readConfiguration } from './configuration.js';
import * as say from './messages.js';
import { type PlannedAction, planOf } from './plan.js';
import { type HeldResource, TerraformState } from './state.js';
import { CLOUD_WORDS, type Twist } from './twist.js';

/** What Terraform could do next. */
export interface TerraformStep {
  /** `creates terraform_data.x`; the first word names the point at which a kill would meet it. */
  readonly name: string;
  take(twist: Twist): void;
}

/** As the guard sees it: a status, a signal, or nothing where the guard is gone as well. */
export type Ending = { readonly exitCode: 0 | 1 } | { readonly signal: 'SIGKILL' } | Record<string, never>;

type Work = Generator<string, void, Twist>;
interface Operation {
  readonly address: string;
  readonly work: Work;
  next: string;
}

interface StoredPlan {
  readonly actions: readonly PlannedAction[];
  readonly gone: readonly string[];
}

const STATE_FILE = 'terraform.tfstate';
/** Where the last state goes when it cannot be written to its place. */
const ERRORED_FILE = 'errored.tfstate';
/** The part that boots: its provisioner, so to speak, runs while it stands in the state already. */
const BOOTS = 'machine';

export class ModelTerraform {
  readonly options: RunOptions;
  /** Each whole line of standard output, as it is written. */
  onLine: (line: string) => void = () => {};
  onEnd: (ending: Ending) => void = () => {};
  #guard = true;
  /** The disk is full: no rewriting of the state comes to its end. `room`: what is written last of all finds some again. */
  #full: { readonly room: boolean } | undefined;
  #told = false;
  #ended = false;
  readonly #cloud: ModelCloud;
  readonly #stateFile: string;
  readonly #configuration: Configuration;
  readonly #state: TerraformState;
  readonly #problems: say.Problem[] = [];
  readonly #main: Work;
  #next: string;
  #applying = false;
  readonly #pending = new Map<string, PlannedAction>();
  readonly #operations: Operation[] = [];
  /** Whose rewriting of the state file is half done. */
  #writer: Operation | undefined;
  readonly #done = { created: 0, deleted: 0 };

  /** `lineage`: of a state that this run makes anew. */
  constructor(options: RunOptions, cloud: ModelCloud, lineage: string) {
    this.options = options;
    this.#cloud = cloud;
    clearRunFiles(options.files);
    for (const file of [options.files.log, options.files.stderr]) closeSync(openSync(file, 'a', 0o600));
    this.#stateFile = join(options.cwd, STATE_FILE);
    this.#configuration = readConfiguration(join(options.cwd, 'cdk.tf.json'));
    this.#state = TerraformState.read(this.#stateFile, lineage);
    this.#main = this.#run();
    this.#next = String(this.#main.next().value);
  }

  get ended(): boolean {
    return this.#ended;
  }
  get told(): boolean {
    return this.#told;
  }
  get guarded(): boolean {
    return this.#guard;
  }
  /** The state file is half written at this moment. */
  get tearing(): boolean {
    return this.#writer !== undefined || this.#next === 'writes the last state';
  }
  /** Ids of what it has in its hands, written down or not. */
  get holds(): ReadonlySet<string> {
    return new Set([...this.#state.resources.values()].map(({ id }) => id));
  }

  get steps(): readonly TerraformStep[] {
    if (this.#ended) return [];
    if (!this.#applying) return [{ name: this.#next, take: (twist) => this.#goOn(twist) }];
    const busy = this.#operations
      .filter((operation) => operation.next !== 'tears' || this.#writer === undefined)
      .map((operation) => ({
        name: `${operation.next} ${operation.address}`,
        take: (twist: Twist) => this.#advance(operation, twist),
      }));
    const ready = this.#ready().map((action) => ({
      name: `begins ${action.address}`,
      take: () => this.#begin(action),
    }));
    return [...busy, ...ready];
  }

  /** The one TERM: nothing new is begun, what is in flight is finished and saved. */
  tell(): void {
    if (this.#ended) return;
    this.#told = true;
    this.#settle();
  }

  /** Terraform is killed; a guard that lives writes that down. */
  kill(): void {
    this.#end(this.#guard ? { signal: 'SIGKILL' } : {});
  }

  /** The guard alone is killed: Terraform goes on, and nobody will write down how it ends. */
  killGuard(): void {
    this.#guard = false;
  }

  fillDisk(room: boolean): void {
    this.#full ??= { room };
  }

  *#run(): Work {
    const { args, files, cwd } = this.options;
    const command = String(args[0]);
    yield 'starts';
    writeFileSync(files.pid, '1\n');
    this.#print(say.version());
    const plan = yield* this.#plan(command);
    if (plan === undefined) return this.#exit(1);
    const out = args.find((arg) => arg.startsWith('-out='))?.slice('-out='.length);
    if (out !== undefined) {
      writeFileSync(resolve(cwd, out), JSON.stringify(plan));
      return this.#exit(0);
    }
    for (const address of plan.gone) this.#state.resources.delete(address);
    for (const action of plan.actions) this.#pending.set(action.address, action);
    this.#applying = true;
    this.#settle();
    yield 'closes';
    this.#state.tear(this.#stateFile);
    yield 'writes the last state';
    this.#write();
    if (this.#full?.room === true) this.#state.write(join(cwd, ERRORED_FILE));
    yield 'ends';
    for (const problem of this.#problems) this.#print(say.diagnostic(problem));
    if (this.#problems.length > 0 || this.#told) return this.#exit(1);
    const { created, deleted } = this.#done;
    this.#print(say.changeSummary(command, created, deleted));
    if (command !== 'destroy') this.#print(say.outputs(this.#outputs()));
    return this.#exit(0);
  }

  /** Looks at the real things first, unless told not to. Undefined: it failed, and has said why. */
  *#plan(command: string): Generator<string, StoredPlan | undefined, Twist> {
    const { args, cwd } = this.options;
    const twist = yield 'plans';
    const problem = this.#told
      ? 'operation was canceled'
      : twist.how === 'well' || args.includes('-refresh=false')
        ? undefined
        : CLOUD_WORDS[twist.fault];
    if (problem !== undefined) {
      this.#print(say.diagnostic({ summary: problem }));
      return undefined;
    }
    const stored = args.at(-1) ?? '';
    if (command === 'apply' && !args.includes('-auto-approve')) {
      return JSON.parse(readFileSync(resolve(cwd, stored), 'utf8')) as StoredPlan;
    }
    const held = [...this.#state.resources.values()];
    const gone = args.includes('-refresh=false') ? [] : held.filter(({ id }) => !this.#cloud.has(id));
    const refreshed = new TerraformState('');
    for (const one of held) if (!gone.includes(one)) refreshed.resources.set(one.address, one);
    const actions = planOf(this.#configuration, refreshed, { destroy: command === 'destroy' });
    for (const action of actions) this.#print(say.plannedChange(action));
    const adds = actions.filter(({ action }) => action !== 'delete').length;
    const removes = actions.filter(({ action }) => action !== 'create').length;
    this.#print(say.changeSummary('plan', adds, removes));
    return { actions, gone: gone.map(({ address }) => address) };
  }

  #goOn(twist: Twist): void {
    const { value, done } = this.#main.next(twist);
    if (done !== true) this.#next = value;
  }

  #begin({ address, action }: PlannedAction): void {
    this.#pending.delete(address);
    const held = this.#state.resources.get(address);
    const configured = this.#configuration.resources.get(address);
    const work = this.#perform(action, held, configured);
    const operation: Operation = { address, work, next: '' };
    this.#operations.push(operation);
    this.#advance(operation, { how: 'well' });
  }

  #advance(operation: Operation, twist: Twist): void {
    if (operation.next === 'tears') this.#writer = operation;
    if (operation.next === 'writes') this.#writer = undefined;
    const { value, done } = operation.work.next(twist);
    if (done === true) this.#operations.splice(this.#operations.indexOf(operation), 1);
    else operation.next = value;
    this.#settle();
  }

  *#perform(
    action: PlannedAction['action'],
    held: HeldResource | undefined,
    configured: ConfiguredResource | undefined,
  ): Work {
    if (action !== 'create' && held !== undefined) {
      if (!(yield* this.#delete(held)) || this.#told) return;
    }
    if (action !== 'delete' && configured !== undefined) yield* this.#create(configured);
  }

  *#create({ address, nodeId, part, on }: ConfiguredResource): Work {
    this.#print(say.applyStart({ address }, 'create'));
    let twist = yield 'creates';
    const upon = on.flatMap((other) => this.#state.resources.get(other)?.id ?? []);
    const thing = this.#call(address, twist, () => this.#cloud.create({ nodeId, part, on: upon }));
    if (thing === undefined) return this.#print(say.applyErrored({ address }, 'create'));
    const { id } = thing;
    const hold = (tainted: boolean): void =>
      void this.#state.resources.set(address, { address, id, tainted, nodeId, part, on });
    hold(twist.how === 'partial');
    if (twist.how !== 'partial' && part === BOOTS) {
      yield* this.#save();
      twist = yield 'boots';
      if (twist.how !== 'well') {
        this.#problems.push({ summary: CLOUD_WORDS[twist.fault], address });
        hold(true);
      }
    }
    if (twist.how !== 'well') {
      this.#print(say.applyErrored({ address }, 'create'));
      return yield* this.#save();
    }
    yield 'completes';
    this.#print(say.applyComplete({ address, id }, 'create'));
    this.#done.created += 1;
    yield* this.#save();
  }

  *#delete({ address, id }: HeldResource): Generator<string, boolean, Twist> {
    this.#print(say.applyStart({ address, id }, 'delete'));
    const twist = yield 'deletes';
    // There is no half of a delete: it is done, and Terraform knows it or not.
    const known: Twist = twist.how === 'partial' ? { ...twist, how: 'lost' } : twist;
    const gone = this.#call(address, known, () => {
      this.#cloud.destroy(id);
      return true;
    });
    if (gone === undefined) {
      this.#print(say.applyErrored({ address }, 'delete'));
      return false;
    }
    this.#state.resources.delete(address);
    this.#print(say.applyComplete({ address }, 'delete'));
    this.#done.deleted += 1;
    yield* this.#save();
    return true;
  }

  *#save(): Work {
    yield 'tears';
    this.#state.tear(this.#stateFile);
    yield 'writes';
    this.#write();
  }

  #write(): void {
    if (this.#full === undefined) this.#state.write(this.#stateFile);
    else
      this.#problems.push({
        summary: 'Failed to write state: write terraform.tfstate: no space left on device',
      });
  }

  /** Undefined where Terraform learns nothing of what it has caused. */
  #call<T>(address: string, twist: Twist, effect: () => T): T | undefined {
    const refused = (summary: string): undefined => {
      this.#problems.push({ summary, address });
      return undefined;
    };
    if (twist.how === 'fails') return refused(CLOUD_WORDS[twist.fault]);
    try {
      const result = effect();
      if (twist.how === 'lost') return refused(CLOUD_WORDS[twist.fault]);
      if (twist.how === 'partial') refused(CLOUD_WORDS[twist.fault]);
      return result;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      return refused(`api error ${error.code}: the cloud refused`);
    }
  }

  /** What may be begun now: creates after what they stand upon, deletes after what stands upon them. */
  #ready(): PlannedAction[] {
    if (this.#told) return [];
    const unfinished = (address: string): boolean =>
      this.#pending.has(address) || this.#operations.some((operation) => operation.address === address);
    return [...this.#pending.values()].filter(({ address, action }) => {
      if (action === 'delete') {
        const above = [...this.#state.resources.values()].filter(({ on }) => on.includes(address));
        return !above.some((other) => unfinished(other.address) || this.#failed(other.address));
      }
      const below = this.#configuration.resources.get(address)?.on ?? [];
      const sound = (other: string): boolean => this.#state.resources.has(other) && !this.#failed(other);
      return below.every((other) => !unfinished(other) && sound(other));
    });
  }

  #failed(address: string): boolean {
    return this.#problems.some((problem) => problem.address === address);
  }

  /** When nothing is in flight and nothing may begin any more, the run comes to its end. */
  #settle(): void {
    if (!this.#applying || this.#operations.length > 0 || this.#ready().length > 0) return;
    this.#applying = false;
  }

  #outputs(): ReadonlyMap<string, string> {
    const known = [...this.#configuration.outputs].flatMap(([name, address]): [string, string][] => {
      const id = this.#state.resources.get(address)?.id;
      return id === undefined ? [] : [[name, id]];
    });
    return new Map(known);
  }

  #print(line: string): void {
    appendFileSync(this.options.files.log, `${line}\n`);
    this.onLine(line);
  }

  #exit(exitCode: 0 | 1): void {
    this.#end(this.#guard ? { exitCode } : {});
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    const status = 'exitCode' in ending ? ending.exitCode : 'signal' in ending ? 128 + 9 : undefined;
    if (status !== undefined) writeFileSync(this.options.files.exit, `${status}\n`);
    this.onEnd(ending);
  }
}
