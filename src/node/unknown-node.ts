/** The error for an id that names no node. */
import { NodeyardError } from '../errors.js';

export const unknownNode = (nodeId: string): NodeyardError =>
  new NodeyardError('UNKNOWN_NODE', `there is no node ${JSON.stringify(nodeId)}`, { field: 'nodeId' });
