// The authorization server's own pages: log in with a password, then consent or say no.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type Provider from 'oidc-provider'
import { consentPage, loginPage } from './pages.ts'

export interface Rules {
  isPassword(name: string, password: string): boolean
  /** Whether this user may grant this scope of an API to anybody. */
  mayGrant(accountId: string, scope: string): boolean
}

const wrongPasswordsMax = 3

/** Answers requests to /interaction/…. */
export function interactionHandler(
  provider: Provider,
  rules: Rules,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const wrongPasswords = new Map<string, number>()

  return async (request, response) => {
    const interaction = await provider.interactionDetails(request, response)
    const { prompt, uid } = interaction
    const show = (status: number, page: string): void =>
      void response.writeHead(status, { 'content-type': 'text/html' }).end(page)
    const finish = (result: Parameters<typeof provider.interactionFinished>[2]): Promise<void> =>
      provider.interactionFinished(request, response, result)

    if (request.method !== 'POST') {
      show(200, prompt.name === 'login' ? loginPage() : consentPage(scopesIn(interaction)))
      return
    }
    const form = new URLSearchParams(await text(request))
    if (form.get('answer') === 'no') return finish({ error: 'access_denied' })
    if (prompt.name !== 'login') {
      return finish({ consent: { grantId: await saveGrant(provider, rules, interaction) } })
    }
    const name = form.get('name') ?? ''
    if (rules.isPassword(name, form.get('password') ?? '')) {
      return finish({ login: { accountId: name, amr: ['pwd'] } })
    }
    const count = (wrongPasswords.get(uid) ?? 0) + 1
    wrongPasswords.set(uid, count)
    if (count < wrongPasswordsMax) return show(401, loginPage('Wrong name or password.'))
    await finish({ error: 'access_denied', error_description: 'too many wrong passwords' })
  }
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

interface Missing {
  readonly missingOIDCScope?: string[]
  readonly missingResourceScopes?: Record<string, string[]>
}

function scopesIn({ prompt }: Interaction): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as Missing
  return [...new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()])]
}

/** Saves what the user agreed to, as far as the user may grant it; returns the grant's id. */
async function saveGrant(
  provider: Provider,
  { mayGrant }: Rules,
  { grantId, params, prompt, session }: Interaction,
): Promise<string> {
  const accountId = session?.accountId ?? ''
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant = known ?? new provider.Grant({ accountId, clientId: String(params.client_id) })
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as Missing
  const split = (scopes: string[]): [string, string] => [
    scopes.filter((scope) => mayGrant(accountId, scope)).join(' '),
    scopes.filter((scope) => !mayGrant(accountId, scope)).join(' '),
  ]
  const [yes, no] = split(missingOIDCScope)
  grant.addOIDCScope(yes)
  grant.rejectOIDCScope(no)
  for (const [audience, scopes] of Object.entries(missingResourceScopes)) {
    const [yes, no] = split(scopes)
    grant.addResourceScope(audience, yes)
    grant.rejectResourceScope(audience, no)
  }
  return grant.save()
}
