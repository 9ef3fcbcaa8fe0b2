// The loops over bytes of wasm/, compiled into one module: hashes of leaves and of Merkle trees,
// key streams, and what verifies a commit or reads it (machine.ts).
import { commitModule } from './module.generated.ts'

/** As much of it as is used here: the standard library of the compiler leaves it to browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

let compiled: object | undefined
let shared: Readonly<Record<string, unknown>> | undefined

/** One for all of this thread that keep nothing of others in it: each has places of its own. */
export function sharedModule(): Readonly<Record<string, unknown>> {
  return (shared ??= startModule())
}

/** Where something is that a module exports, or a number that it is built with. */
export function addressIn(exports: Readonly<Record<string, unknown>>): (name: string) => number {
  return (name) => (exports[name] as { readonly value: number }).value
}

/** Starts a module of its own: what it exports, by name. */
export function startModule(): Readonly<Record<string, unknown>> {
  compiled ??= new WebAssembly.Module(Buffer.from(commitModule, 'base64'))
  return new WebAssembly.Instance(compiled).exports
}
