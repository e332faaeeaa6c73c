/** What a page imports of the engine. */

export { EngineClient, type EngineCall } from './client.js';
export { MilvusEngine, open, type CallOptions, type OpenOptions } from './open.js';
export { EnginePage, compile } from './page.js';
export type { Refusal } from './protocol.js';
