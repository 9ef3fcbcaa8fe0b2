import type { ProofFacts } from '../../facts.ts'
import { record, text } from '../unknown.ts'
import type { View } from './view.ts'

/** The key of a request, and of the token that it shows or gets, or pushed a request for. */
export function proofFacts({ ctx, entities, shown, token }: View): ProofFacts {
  const issued = entities.AccessToken ?? entities.ClientCredentials
  const bound = record(shown === null ? issued : token?.token)
  return {
    hasDpop: text(ctx.req?.headers?.dpop) !== null,
    boundKey: text(bound.jkt) ?? text(record(entities.PushedAuthorizationRequest).dpopJkt),
    boundCertificate: text(bound['x5t#S256']),
  }
}
