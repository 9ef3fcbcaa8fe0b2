/**
 * Two authorization servers of others, each with a client that may have the scope `audit:write` and
 * one that may not, both for the audience `grantlog`.
 */
import { freeAddresses, type Peer, poll, spawnPeer } from './peers.ts'
import { startKeycloakPeer } from './keycloak.ts'

/** A running authorization server. */
export interface IssuerPeer extends Peer {
  /** `iss` of its tokens. */
  readonly issuer: string
  /** A JWT of client credentials. */
  token(client: 'sender' | 'stranger', audience?: string): Promise<string>
}

const SECRET = 'secret-of-a-test-client'

/** `env`: more of its configuration. */
export async function startHydra(env: Record<string, string> = {}): Promise<IssuerPeer> {
  const [open, admin] = await freeAddresses(2)
  const [openPort, adminPort] = [open!, admin!].map((address) => address.split(':')[1]!)
  const issuer = `http://${open}`
  const peer = spawnPeer('hydra', () => ['serve', 'all', '--dev', '--sqa-opt-out'], {
    DSN: 'memory',
    SECRETS_SYSTEM: 'secret-of-a-test-server-32-bytes',
    STRATEGIES_ACCESS_TOKEN: 'jwt',
    URLS_SELF_ISSUER: issuer,
    SERVE_PUBLIC_HOST: '127.0.0.1',
    SERVE_PUBLIC_PORT: openPort!,
    SERVE_ADMIN_HOST: '127.0.0.1',
    SERVE_ADMIN_PORT: adminPort!,
    ...env,
  })
  await poll(peer, async () => (await fetch(`http://${admin}/health/ready`)).ok)
  for (const [client_id, scope] of [
    ['sender', 'audit:write'],
    ['stranger', 'audit:read'],
  ] as const) {
    await json(`http://${admin}/admin/clients`, {
      ...{ client_id, client_secret: SECRET, scope, audience: ['grantlog', 'other'] },
      ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
    })
  }
  const token: IssuerPeer['token'] = (client, audience = 'grantlog') =>
    tokenOf(`${issuer}/oauth2/token`, { client_id: client, scope: scopeOf(client), audience })
  return { ...peer, issuer, token }
}

export async function startKeycloak(): Promise<IssuerPeer> {
  const { url, ...peer } = await startKeycloakPeer(SECRET)
  const admin = await tokenOf(`${url}/realms/master/protocol/openid-connect/token`, {
    ...{ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: SECRET },
  })
  await json(`${url}/admin/realms`, realm, `Bearer ${admin}`)
  const issuer = `${url}/realms/grantlog`
  const token: IssuerPeer['token'] = (client, audience = 'grantlog') => {
    const scope = audience === 'grantlog' ? scopeOf(client) : 'openid'
    const endpoint = `${issuer}/protocol/openid-connect/token`
    return tokenOf(endpoint, { client_id: client, scope })
  }
  return { ...peer, issuer, token }
}

function scopeOf(client: string): string {
  return client === 'sender' ? 'audit:write' : 'audit:read'
}

/** Keycloak's audience is what a mapper of the scope says. */
const scopes = ['audit:write', 'audit:read'].map((name) => ({
  ...{ name, protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' } },
  protocolMappers: [
    {
      ...{ name: 'audience', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper' },
      config: { 'included.custom.audience': 'grantlog', 'access.token.claim': 'true' },
    },
  ],
}))

const realm = {
  ...{ realm: 'grantlog', enabled: true, sslRequired: 'none', clientScopes: scopes },
  clients: (['sender', 'stranger'] as const).map((clientId) => ({
    ...{ clientId, secret: SECRET, protocol: 'openid-connect', publicClient: false },
    ...{ serviceAccountsEnabled: true, standardFlowEnabled: false },
    optionalClientScopes: [scopeOf(clientId)],
  })),
}

async function tokenOf(url: string, form: Record<string, string>): Promise<string> {
  const all = { grant_type: 'client_credentials', client_secret: SECRET, ...form }
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(all) })
  const text = await response.text()
  const { access_token } = JSON.parse(text) as { access_token?: string }
  if (access_token === undefined) throw new Error(`no token: ${response.status} ${text}`)
  return access_token
}

async function json(url: string, body: unknown, authorization = ''): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
}
