// What Keycloak's admin REST is shown: a token of the adapter's own client, or one from a file.
import { ObserveError } from '../codes.ts'
import { askJson, readSecret } from '../io/http.ts'
import { tokenSpareMs } from '../limits.ts'
import { objectOf, textIn } from './event.ts'

/** How the adapter is let in. */
export type Access =
  | { readonly tokenFile: string }
  | { readonly clientId: string; readonly secretFile: string; readonly tokenUrl: string }

export interface Tokens {
  /** Rejects with OBSERVE_ACCESS or OBSERVE_SOURCE_FAILING. */
  readonly get: () => Promise<string>
  /** It was refused: another one next time. */
  readonly forget: () => void
}

export function createTokens(access: Access): Tokens {
  if ('tokenFile' in access) {
    return { get: () => readSecret(access.tokenFile), forget: () => undefined }
  }
  let kept: { readonly token: string; readonly untilMs: number } | null = null
  return {
    get: async () => {
      if (kept !== null && performance.now() < kept.untilMs) return kept.token
      const atMs = performance.now()
      const { lifeMs, token } = await requested(access)
      kept = { token, untilMs: atMs + Math.max(lifeMs - tokenSpareMs, lifeMs / 2) }
      return token
    },
    forget: () => (kept = null),
  }
}

/** Client credentials (RFC 6749, 4.4). */
async function requested(
  access: Exclude<Access, { tokenFile: string }>,
): Promise<{ token: string; lifeMs: number }> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: access.clientId,
    client_secret: await readSecret(access.secretFile),
  })
  const { json, status } = await askJson(access.tokenUrl, { method: 'POST', body })
  if (status >= 500) throw new ObserveError('OBSERVE_SOURCE_FAILING', `HTTP ${status}`)
  const answer = json === undefined ? {} : objectOf(json)
  const token = textIn(answer, 'access_token')
  if (status !== 200 || token === undefined) {
    const word = textIn(answer, 'error') ?? ''
    const said = /^[a-z_]{1,40}$/.test(word) ? ` ${word}` : ''
    throw new ObserveError('OBSERVE_ACCESS', `the token endpoint: HTTP ${status}${said}`)
  }
  const { expires_in: seconds } = answer
  return { token, lifeMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : 30_000 }
}
