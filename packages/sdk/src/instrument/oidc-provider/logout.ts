import type { LogoutFacts } from '../../facts.ts'
import { serverOf } from '../server.ts'
import { integer, record, text } from '../unknown.ts'
import type { KoaContext } from './context.ts'
import { errorFacts } from './error.ts'

/**
 * Of `backchannel.success` (ctx, client, accountId, sid) and `backchannel.error` (ctx, error,
 * client, accountId, sid). `sid` is the client's own name for the session; ours is on the context.
 */
export function logoutFacts(args: readonly unknown[], ctx: KoaContext): LogoutFacts {
  const [client, accountId] = args.filter((arg) => !(arg instanceof Error)).slice(2)
  const error = args.find((arg) => arg instanceof Error)
  const { clientId, clientName, clientAuthMethod, backchannelLogoutUri } = record(client)
  const { issuer, entities } = record(ctx.oidc)
  const logoutUrl = URL.parse(text(backchannelLogoutUri) ?? '')
  return {
    kind: 'logout',
    action: 'oauth.backchannel_logout',
    library: 'oidc-provider',
    issuer: text(issuer),
    client: {
      id: text(clientId) ?? '',
      name: text(clientName),
      authMethod: text(clientAuthMethod),
    },
    server: logoutUrl && serverOf(logoutUrl),
    accountId: text(accountId),
    sessionUid: text(record(record(entities).Session).uid),
    failure:
      error === undefined
        ? null
        : { type: typeOf(error), status: integer(record(record(error).response).status) },
  }
}

const systemCode = /^[A-Z][A-Z0-9_]{1,63}$/

/** The system's code, such as ECONNREFUSED, else the class. */
function typeOf(error: unknown): string {
  const code = text(record(record(error).cause).code)
  if (code !== null && systemCode.test(code)) return code
  return errorFacts(error)?.type ?? '_OTHER'
}
