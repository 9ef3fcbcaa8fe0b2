// Whom a request concerns: user, session, grant and client.
import { rolesIn } from '@grantlog/record'
import type { ClientFacts, Endpoint, ServerFacts } from '../../facts.ts'
import { claimItemsMax } from '../../limits.ts'
import { actorsIn, type RoleClaims } from '../claims.ts'
import { assertionIn } from '../client-call/client-authentication.ts'
import { integer, type Members, record, text, texts } from '../unknown.ts'
import type { FromSource } from './sources.ts'
import type { View } from './view.ts'

type UserFacts = Pick<
  ServerFacts,
  'accountId' | 'sessionUid' | 'grantIds' | 'authTimeS' | 'acr' | 'amr' | 'roles' | 'actors'
>

/** Endpoints that a browser asks: the user is whose session it is, whatever else it shows. */
const frontChannel: ReadonlySet<Endpoint> = new Set([
  'authorization',
  'resume',
  'code_verification',
  'device_resume',
  'end_session',
  'end_session_confirm',
  'end_session_success',
])

/** The user with session and grants, as identifiers in the clear. */
export function userFacts(view: View, roleClaims: RoleClaims): UserFacts {
  const { endpoint, entities, seen } = view
  const from: FromSource = frontChannel.has(endpoint) ? () => undefined : view.from
  const session = record(entities.Session)
  const grantId = text(record(entities.Grant).jti) ?? text(from('grantId'))
  const extra = extraOf(view)
  return {
    accountId:
      text(record(entities.Account).accountId) ??
      text(session.accountId) ??
      text(from('accountId')),
    sessionUid: text(session.uid) ?? text(from('sessionUid')),
    grantIds: seen.revokedGrants.length > 0 ? seen.revokedGrants : texts(grantId),
    authTimeS: integer(session.loginTs) ?? integer(from('authTime')),
    acr: text(session.acr) ?? text(from('acr')),
    amr: texts(session.amr ?? from('amr')),
    roles: rolesIn(extra, roleClaims, claimItemsMax),
    actors: actorsIn(extra.act),
  }
}

/** Claims that the application put into the access token (`extraTokenClaims`). */
function extraOf({ entities, shown, token }: View): Members {
  if (shown !== null) return record(record(token?.token).extra)
  return record(record(entities.AccessToken ?? entities.ClientCredentials).extra)
}

/** Endpoints where it is not the token's client that asks. */
const askedByOthers: ReadonlySet<Endpoint> = new Set(['introspection', 'revocation'])

/** The client; where the library did not come to it, the one that the token or code is for. */
export function clientFacts(view: View): ClientFacts | null {
  const { endpoint, entities, from } = view
  const client = record(entities.Client)
  const id = text(client.clientId)
  if (id !== null) {
    const name = text(client.clientName)
    return { id, name, authMethod: methodOf(view), ...assertionIn(view.params) }
  }
  const issuedTo = askedByOthers.has(endpoint) ? null : text(from('clientId'))
  return issuedTo === null ? null : { id: issuedTo, name: null, authMethod: null }
}

/** A secret is taken from the header and from the form, whichever of them is registered. */
const byForm: Readonly<Record<string, boolean>> = {
  client_secret_basic: false,
  client_secret_post: true,
}

/** How the client authenticated, or would have to. */
function methodOf({ ctx, entities, params }: View): string | null {
  const registered = text(record(entities.Client).clientAuthMethod)
  if (registered === null || !Object.hasOwn(byForm, registered)) return registered
  if (text(ctx.req?.headers?.authorization) !== null) return 'client_secret_basic'
  return text(params.client_secret) === null ? registered : 'client_secret_post'
}

/** Clients of the configuration have no time at which they were issued (RFC 7591 section 3.2.1). */
export function isDynamicClient({ entities }: View): boolean {
  return integer(record(entities.Client).clientIdIssuedAt) !== null
}

/** Endpoints about a client's own registration (RFC 7591, RFC 7592). */
const aboutClient: ReadonlySet<Endpoint> = new Set([
  'registration',
  'client',
  'client_update',
  'client_delete',
])

/** The client whose registration was made, read, changed or deleted. */
export function registeredClientId({ endpoint, entities }: View): string | null {
  return aboutClient.has(endpoint) ? text(record(entities.Client).clientId) : null
}
