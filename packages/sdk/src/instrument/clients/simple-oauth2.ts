// simple-oauth2 5 (CommonJS). All that it asks goes through one method of its client, which knows
// the parameters also where they are sent as JSON.
import type { CallErrorFacts } from '../../facts.ts'
import { protocolFailure } from '../client-call/failure.ts'
import type { SeenCall } from '../client-call/library.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import type { ToldCall } from '../defined/call.ts'
import { asks } from '../defined/watch.ts'
import { record, text } from '../unknown.ts'

export const simpleOauth2: Instrumentation = defineInstrumentation({
  name: 'simple-oauth2',
  modules: [
    {
      name: 'simple-oauth2/lib/client/client',
      files: ['lib/client/client.js'],
      hooks: { '#request': asks(tell) },
    },
  ],
})

function tell(seen: SeenCall): ToldCall {
  const parameters = record(seen.args[1])
  const isGrant = text(parameters.grant_type) !== null
  return {
    action: isGrant ? 'oauth.token' : 'oauth.revoke',
    parameters,
    answer: seen.result,
    ...boomFailure(seen),
  }
}

/** The answer is in the data of an error of @hapi/boom. */
export function boomFailure({ error }: SeenCall): { readonly error?: CallErrorFacts } {
  const { payload } = record(record(error).data)
  const code = text(record(payload).error)
  return code === null ? {} : { error: protocolFailure(code) }
}
