import { constants } from 'node:fs';

/** Opens for reading without waiting: where somebody has put a FIFO in the place of a file, nobody may ever write to it. */
export const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
