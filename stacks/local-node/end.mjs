/**
 * Ends the process of a local node: that very one and no other. Run by Terraform before it destroys `claim`. Gone already
 * is success; a starter that is half way is ended first, or it would start what nobody remembers.
 */
import { localFiles, makeDirectory, removeFiles, writeWhole } from './files.mjs';
import { parameter } from './parameters.mjs';
import { endProcessesWith, tokenArgument } from './processes.mjs';

const token = parameter('TOKEN');
const directory = parameter('DIR');

const { ended } = localFiles(directory, token);
makeDirectory(directory);
writeWhole(ended, '');
await endProcessesWith(tokenArgument(token));
removeFiles(directory, token);
