// openid-client 6 (functions of an ES module). Version 5, a class, has other exports: its requests
// are seen by the transport.
import { createCalls } from '../client-call/call.ts'
import { endWith, type Tell, wrapCall } from '../client-call/library.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import { createReplacements } from '../members.ts'
import type { Library } from '../modules.ts'
import type { Scopes } from '../scopes.ts'
import { callKinds } from './calls.ts'
import { tellOf } from './tell.ts'

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentOpenidClient(hooks: TokenHookOptions): Instrument {
  const { scopes, roleClaims, onError } = hooks
  const calls = createCalls(hooks)
  const replacements = createReplacements()
  let isStopped = false
  const options = { calls, scopes, isOff: () => isStopped, onError }
  const library: Library = {
    name: 'openid-client',
    entry: /\/node_modules\/openid-client\/build\/index\.js$/,
    setsMembers: true,
    onLoad: (exports) => {
      if (typeof exports.Configuration !== 'function') return
      for (const [name, kind] of Object.entries(callKinds)) {
        replacements.replace(exports, name, (original) =>
          wrapCall(original, endWith(beneath(tellOf(kind, roleClaims), scopes)), options),
        )
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

/** What a log-in is refused for is that library's to tell, and without a request that alone. */
function beneath(tell: Tell, scopes: Scopes): Tell {
  return (seen) => {
    const told = tell(seen)
    const login = scopes.served()?.login
    if (told === null || login === undefined || !seen.hasFailed) return told
    login.failure = told.facts().error
    return told.action === 'oauth.authorize' ? null : told
  }
}
