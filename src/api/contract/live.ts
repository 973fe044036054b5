/** The live view, in the HTTP API. */
import Type from 'typebox';
import { streamText } from './field.ts';

export const LiveQuery = Type.Object({ stream: streamText }, { additionalProperties: false });

export type { LiveMessage } from '../../live/live_message.ts';
