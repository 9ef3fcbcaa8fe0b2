// An authorization server as anybody might have written it: oidc-provider with its own page to log
// in and to consent. There is nothing of Grantlog in it; it is started with
// `node --import @grantlog/sdk/register authorization-server.ts`.
//
// Environment: PORT, CLIENT_SECRET, PASSWORD (of alice), REDIRECT_URI. Prints its issuer as a JSON
// line.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import Provider from 'oidc-provider'

const { CLIENT_SECRET = '', PASSWORD = '', PORT = '3000', REDIRECT_URI = '' } = process.env
const issuer = `http://127.0.0.1:${PORT}`
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const people = new Map([['alice', PASSWORD]])

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'web',
      client_name: 'Web shop',
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) =>
    people.has(sub) ? { accountId: sub, claims: () => ({ sub }) } : undefined,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  pkce: { required: () => true },
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    Grant: 3600,
    IdToken: 600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
})
const oidc = provider.callback()

const server = createServer((request, response) => {
  if (!request.url?.startsWith('/interaction/')) {
    void oidc(request, response)
    return
  }
  interact(request, response).catch((error: Error) => {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(error.message)
  })
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ issuer })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

/** The page: log in with a password, then consent or say no. */
async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { grantId, params, prompt, session } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(page(prompt.name))
    return
  }
  const form = new URLSearchParams(await text(request))
  if (form.get('answer') === 'no') {
    await provider.interactionFinished(request, response, { error: 'access_denied' })
  } else if (prompt.name === 'login') {
    const name = form.get('name') ?? ''
    if (people.get(name) !== form.get('password')) {
      response.writeHead(401, { 'content-type': 'text/html' }).end(page('login', 'Wrong password.'))
      return
    }
    await provider.interactionFinished(request, response, { login: { accountId: name } })
  } else {
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const accountId = session?.accountId ?? ''
    const grant = known ?? new provider.Grant({ accountId, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    await provider.interactionFinished(request, response, {
      consent: { grantId: await grant.save() },
    })
  }
}

function page(prompt: string, note = ''): string {
  const fields =
    prompt === 'login'
      ? `<input name="name" placeholder="Name" autofocus>
         <input name="password" type="password" placeholder="Password">
         <button>Log in</button>`
      : `<p>The Web shop would like to know who you are.</p>
         <button>Allow</button> <button name="answer" value="no">Do not allow</button>`
  return `<!doctype html><meta charset="utf-8"><title>${prompt}</title>
    <body style="font: 18px system-ui; margin: 3em auto; max-width: 22em">
    <h1>${prompt === 'login' ? 'Log in' : 'Consent'}</h1><p>${note}</p>
    <form method="post">${fields}</form>`
}
