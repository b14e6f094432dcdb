import type { NormalizedOptions, Options } from 'got'
import type { ConnectionRequest } from './connections.ts'

/** What got passes to its option `request` in place of Node's request options. */
export type NativeOptions = Omit<ConnectionRequest, 'path'>

/**
 * Replaces got's `createNativeRequestOptions`, which builds an object of forty options, most of them for TLS and HTTP/2,
 * for each attempt; V8 creates a new hidden class for each of these objects. Without it a session costs 5 % more CPU on
 * Node 24 (docs/decisions/031-lean-got-options.md).
 */
export function replaceNativeOptions(options: NormalizedOptions, isFresh: boolean): void {
  const { method, headers } = options
  const native: NativeOptions = { method, headers, isFresh }
  options.createNativeRequestOptions = () => native as unknown as ReturnType<Options['createNativeRequestOptions']>
}
