/**
 * The user data of an instance that has an agent: the agent’s installer, and beside it what the request brought, as parts of
 * one MIME document, which is how cloud-init takes several (cloudinit.readthedocs.io, “User-data formats”). Whatever the request
 * brought stays as it is; only its kind has to be known, because a part must name it.
 */
import { escapeText } from '../../src/synth/escape.js';
import type { NodeEvents } from '../define.js';
import type { AgentInputs } from './agent-inputs.js';
import { AGENT_SCRIPT } from './agent-script.js';

/** EC2’s limit, before base64. */
export const USER_DATA_BYTES = 16_384;

const BOUNDARY = '==nodeyard-part==';

/** The longest that a node’s place in the API (`api.publicUrl` and its id) and its token may be. */
const LONGEST: NodeEvents = { url: 'x'.repeat(512 + 80), token: 'x'.repeat(112) };

/** What begins like this is of that kind, for cloud-init. In this order: some begin like others. */
const KINDS: readonly (readonly [begin: string, type: string])[] = [
  ['#!', 'text/x-shellscript'],
  ['#cloud-config-archive', 'text/cloud-config-archive'],
  ['#cloud-config', 'text/cloud-config'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#include-once', 'text/x-include-once-url'],
  ['#include', 'text/x-include-url'],
  ['#part-handler', 'text/part-handler'],
  ['## template: jinja', 'text/jinja2'],
];
/** A MIME document is a part as it is: it begins with its own headers. */
const MIME = /^(?:MIME-Version|Content-Type):/i;

const kindOf = (text: string): string | undefined => KINDS.find(([begin]) => text.startsWith(begin))?.[1];

interface Brought {
  readonly userData?: string | undefined;
  readonly userDataBase64?: string | undefined;
}

/** What keeps the agent from standing beside what the request brought, as the field and the words; undefined when nothing does. */
export function problemBesideAgent(
  agent: AgentInputs,
  brought: Brought,
): { readonly field: keyof Brought; readonly message: string } | undefined {
  const { userData, userDataBase64 } = brought;
  const field = userDataBase64 === undefined ? 'userData' : 'userDataBase64';
  if (partOf(brought) === 'unknown') {
    const known = KINDS.map(([begin]) => begin).join(', ');
    return { field, message: `must begin with one of ${known} or be a MIME document, beside an agent` };
  }
  if (userData !== undefined && !/^\p{ASCII}*$/u.test(userData)) {
    // Python’s email package, with which cloud-init reads parts, spoils other characters that are not encoded.
    return { field, message: 'must be ASCII beside an agent; give anything else as `userDataBase64`' };
  }
  if (userData?.includes(BOUNDARY)) return { field, message: `must not hold ${BOUNDARY} beside an agent` };
  const bytes = Buffer.byteLength(pieces(LONGEST, agent, brought).map(textOf).join(''));
  if (bytes <= USER_DATA_BYTES) return undefined;
  const most = USER_DATA_BYTES - bytes + Buffer.byteLength(userData ?? userDataBase64 ?? '');
  const encoded = userDataBase64 === undefined ? '' : ' as it is encoded';
  return {
    field,
    message: `must be at most ${most} bytes${encoded} beside an agent; fetch more from within`,
  };
}

/** For an attribute: what is our own is escaped here, what comes from the request was escaped before. */
export const userDataWithAgent = (events: NodeEvents, agent: AgentInputs, brought: Brought): string =>
  pieces(events, agent, brought)
    .map((piece) => ('ours' in piece ? escapeText(piece.ours) : piece.given))
    .join('');

type Piece = { readonly ours: string } | { readonly given: string };

const textOf = (piece: Piece): string => ('ours' in piece ? piece.ours : piece.given);

function pieces(events: NodeEvents, agent: AgentInputs, brought: Brought): readonly Piece[] {
  const part = partOf(brought);
  if (part === undefined) return installer(events, agent);
  return [
    {
      ours: `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${BOUNDARY}"\n\n--${BOUNDARY}\nContent-Type: text/x-shellscript; charset="us-ascii"\n\n`,
    },
    ...installer(events, agent),
    { ours: `\n--${BOUNDARY}\n${part === 'unknown' ? '' : part.headers}` },
    { given: brought.userData ?? brought.userDataBase64 ?? '' },
    { ours: `\n--${BOUNDARY}--\n` },
  ];
}

function partOf({ userData, userDataBase64 }: Brought): { headers: string } | 'unknown' | undefined {
  if (userData !== undefined) {
    if (MIME.test(userData)) return { headers: '' };
    const kind = kindOf(userData);
    return kind === undefined ? 'unknown' : { headers: `Content-Type: ${kind}; charset="us-ascii"\n\n` };
  }
  if (userDataBase64 === undefined) return undefined;
  const bytes = Buffer.from(userDataBase64, 'base64');
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const kind = gzipped ? 'application/gzip' : kindOf(bytes.toString('utf8'));
  const charset = gzipped ? '' : '; charset="utf-8"';
  return kind === undefined
    ? 'unknown'
    : { headers: `Content-Type: ${kind}${charset}\nContent-Transfer-Encoding: base64\n\n` };
}

/** The first argument is a directory to install below, for looking at it; without one it is installed and started. */
function installer({ url, token }: NodeEvents, agent: AgentInputs): readonly Piece[] {
  const setting = (name: string, value = ''): Piece[] => [
    { ours: `${name}='` },
    { given: value },
    { ours: "'\n" },
  ];
  return [
    { ours: INSTALL },
    ...setting('url', url),
    ...setting('ready_file', agent.readyFile),
    ...setting('load_file', agent.loadFile),
    ...setting('load_command', agent.loadCommand),
    ...setting('command_handler', agent.commandHandler),
    { ours: `END\ncat >"$root/etc/nodeyard/agent.curl" <<'END'\nheader = "Authorization: Bearer ` },
    { given: token },
    { ours: `"\nEND\ncat >"$agent" <<'END_OF_AGENT'\n${AGENT_SCRIPT}END_OF_AGENT\n${START}` },
  ];
}

const INSTALL = `#!/bin/sh
# Installs and starts the agent of nodeyard.
root=$1
set -eu
umask 077
agent=$root/usr/local/sbin/nodeyard-agent
mkdir -p "$root/etc/nodeyard" "$root/usr/local/sbin"
cat >"$root/etc/nodeyard/agent.conf" <<'END'
`;

const START = `chmod 700 "$agent"
[ -z "$root" ] || exit 0
if [ -d /run/systemd/system ]; then
  cat >/etc/systemd/system/nodeyard-agent.service <<'END'
[Unit]
Description=nodeyard agent
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/usr/local/sbin/nodeyard-agent
Restart=always
RestartSec=5
[Install]
WantedBy=multi-user.target
END
  systemctl daemon-reload
  systemctl enable nodeyard-agent.service
  systemctl start --no-block nodeyard-agent.service
else
  # Until the next reboot.
  (while :; do "$agent"; sleep 5; done) </dev/null >/dev/null 2>&1 &
fi
`;
