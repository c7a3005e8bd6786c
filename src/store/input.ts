/** Checks what callers hand to the store before any of it becomes part of a key or a script’s argument. */
import { z } from 'zod';
import { NODE_STATES } from '../node/lifecycle.js';
import { parseInput } from '../node/problems.js';
import { nodeRequestSchema } from '../node/request.js';

const nodeId = nodeRequestSchema.shape.id.unwrap();
const name = nodeRequestSchema.shape.group;

export const checkId = (value: unknown): string => parseInput(nodeId, value, 'id');
export const checkName = (value: unknown, field: string): string => parseInput(name, value, field);

const count = z.int().min(1);
export const checkCount = (value: unknown, field: string): number => parseInput(count, value, field);

/** How many nodes or events one call may return. */
const pageLimit = count.max(1_000);
export const checkPageLimit = (value: unknown): number => parseInput(pageLimit, value, 'limit');

/** How many tombstones one call may remove: Redis serves nobody else meanwhile. */
const purgeLimit = count.max(10_000);
export const checkPurgeLimit = (value: unknown): number => parseInput(purgeLimit, value, 'limit');

const duration = z.int().min(0);
export const checkDuration = (value: unknown, field: string): number => parseInput(duration, value, field);

const state = z.enum(NODE_STATES);
export const checkState = (value: unknown) => parseInput(state, value, 'state');

const holder = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1–200 printable characters without spaces');
export const checkHolder = (value: unknown): string => parseInput(holder, value, 'holder');

/** A cursor is the creation sequence of the last node of a page. */
const cursor = z.string().regex(/^[1-9]\d{0,14}$/, 'must be the cursor of an earlier page, unchanged');
export const checkCursor = (value: unknown): string => parseInput(cursor, value, 'cursor');

const position = z
  .string()
  .regex(/^(0|\$|\d{1,15}-\d{1,18})$/, 'must be "0", "$" or the position of an event');
export const checkPosition = (value: unknown): string => parseInput(position, value, 'after');

/** A position that somebody has reached; `$` is none. */
const reached = position.refine((text) => text !== '$', 'must be "0" or the position of an event');
export const checkReached = (value: unknown): string => parseInput(reached, value, 'after');
