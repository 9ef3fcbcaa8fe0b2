// simple-oauth2 5 (CommonJS). All that it asks goes through one method of its client, which knows
// the parameters also where they are sent as JSON; a library on top of it does not.
import type { CallErrorFacts } from '../../facts.ts'
import { protocolFailure } from '../client-call/failure.ts'
import type { SeenCall } from '../client-call/library.ts'
import { defineInstrumentation, type Instrumentation, type Wrap } from '../defined/definition.ts'
import { formOf, type ToldCall } from '../defined/call.ts'
import { asks } from '../defined/watch.ts'
import { type Members, record, text } from '../unknown.ts'

export const simpleOauth2: Instrumentation = defineInstrumentation({
  name: 'simple-oauth2',
  modules: [
    {
      name: 'simple-oauth2/lib/client/client',
      files: ['lib/client/client.js'],
      hooks: { '#request': withParameters(asks(tell)) },
    },
  ],
})

/** Within the call of another library, which makes the record, its parameters go there. */
function withParameters(wrap: Wrap): Wrap {
  return (original, seam) =>
    new Proxy(wrap(original, seam), {
      apply(target, self, args: unknown[]) {
        const call = seam.isOff() ? undefined : seam.scopes.calling()
        if (call !== undefined) seam.fenced(() => (call.form = formOf(record(args[1]))))
        return Reflect.apply(target, self, args)
      },
    })
}

function tell(seen: SeenCall): ToldCall {
  const parameters = record(seen.args[1])
  if (text(parameters.grant_type) === null) return revocation(seen, parameters)
  return {
    action: 'oauth.token',
    parameters,
    answer: seen.result,
    ...boomFailure(seen),
  }
}

/** It fails where the answer has no JSON, which that to a revocation needs not have (RFC 7009). */
export function revocation(seen: SeenCall, parameters: Members): ToldCall {
  const status = seen.exchanges.at(-1)?.status ?? 0
  const isDone = status >= 200 && status < 300
  return { action: 'oauth.revoke', parameters, ...(isDone ? { error: null } : boomFailure(seen)) }
}

/** The answer is in the data of an error of @hapi/boom. */
export function boomFailure({ error }: SeenCall): { readonly error?: CallErrorFacts } {
  const { payload } = record(record(error).data)
  const code = text(record(payload).error)
  return code === null ? {} : { error: protocolFailure(code) }
}
