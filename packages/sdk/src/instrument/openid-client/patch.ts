// openid-client 6 (functions of an ES module). Version 5, a class, has other exports: its requests
// are seen by the transport.
import { createCalls } from '../client-call/call.ts'
import { wrapCall } from '../client-call/library.ts'
import type { HookOptions, Instrument } from '../instruments.ts'
import { createReplacements } from '../members.ts'
import type { Library } from '../modules.ts'
import { callKinds } from './calls.ts'
import { tellOf } from './tell.ts'

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentOpenidClient({ begin, scopes, onError }: HookOptions): Instrument {
  const calls = createCalls({ begin, scopes })
  const replacements = createReplacements()
  let isStopped = false
  const options = { calls, scopes, isStopped: () => isStopped, onError }
  const library: Library = {
    name: 'openid-client',
    entry: /\/node_modules\/openid-client\/build\/index\.js$/,
    setsMembers: true,
    onLoad: (exports) => {
      if (typeof exports.Configuration !== 'function') return
      for (const [name, kind] of Object.entries(callKinds)) {
        replacements.replace(exports, name, (original) => wrapCall(original, tellOf(kind), options))
      }
    },
  }
  return {
    libraries: [library],
    isHooked: () => !replacements.isEmpty(),
    settle: calls.settle,
    disable: () => {
      isStopped = true
      replacements.restore()
      calls.stop()
    },
  }
}
