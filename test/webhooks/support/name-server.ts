/** A name server for one test: answers A and AAAA as it is told, and can change its mind between two questions. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

export interface NameServer {
  /** For the resolver: `127.0.0.1:port`. */
  readonly place: string;
  /** `A receiver.test`, one for each question. */
  readonly questions: readonly string[];
  /** What a name means from now on. A list of lists is used up one by one; the last one stays. */
  set(name: string, addresses: readonly string[] | readonly (readonly string[])[]): void;
  /** Questions about this name are never answered. */
  ignore(name: string): void;
  close(): void;
}

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const ANSWER = 0x8180;
const NAME_ERROR = 0x8183;

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const names = new Map<string, (readonly string[])[]>();
  const ignored = new Set<string>();
  const questions: string[] = [];

  socket.on('message', (question, { port, address }) => {
    const { name, type, end } = readQuestion(question);
    questions.push(`${type} ${name}`);
    if (ignored.has(name)) return;
    const lists = names.get(name);
    const [list = []] = lists ?? [];
    // Both types are asked at once; the answer of the AAAA question ends the turn.
    if (type === 'AAAA' && lists !== undefined && lists.length > 1) lists.shift();
    const answers = list.filter((each) => isIPv4(each) === (type === 'A')).map((each) => record(each));
    const head = Buffer.alloc(12);
    question.copy(head, 0, 0, 2);
    head.writeUInt16BE(lists === undefined ? NAME_ERROR : ANSWER, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    socket.send(Buffer.concat([head, question.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  return {
    place: `127.0.0.1:${socket.address().port}`,
    questions,
    set(name, addresses) {
      const lists = addresses.map((each) => (typeof each === 'string' ? [each] : each));
      const isOneList = addresses.every((each) => typeof each === 'string');
      names.set(name, isOneList ? [lists.flat()] : lists);
    },
    ignore: (name) => void ignored.add(name),
    close: () => void socket.close(),
  };
}

function readQuestion(message: Buffer): { name: string; type: 'A' | 'AAAA' | undefined; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[message.readUInt16BE(at + 1)], end: at + 5 };
}

/** Of the name in the question, valid for no time at all. */
function record(address: string): Buffer {
  const isFour = isIPv4(address);
  const data = isFour ? Buffer.from(address.split('.').map(Number)) : sixteenBytes(address);
  const head = Buffer.from([0xc0, 12, 0, isFour ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat([head, data]);
}

function sixteenBytes(address: string): Buffer {
  const [before = '', after = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after)];
  const middle = Array<number>(8 - head.length - tail.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...head, ...middle, ...tail].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}
