// A real Keycloak with a realm that keeps all events of OAuth, and a client that may read them.
import { client, user } from './keycloak-flows.ts'
import { startKeycloakPeer } from './keycloak.ts'
import type { Peer } from './peers.ts'

export interface KeycloakWorld extends Peer {
  readonly url: string
  readonly realm: string
  /** Of the realm: `/token` and others are below. */
  readonly endpoint: string
  /** Below `/admin/realms/{realm}`; the JSON of the answer. */
  readonly admin: (method: string, path: string, body?: unknown) => Promise<unknown>
}

export const observerSecret = 'secret-of-the-observer'
const adminSecret = 'secret-of-the-administrator'

/** `devicesUrl`: where it asks for a user's consent on his device (CIBA). */
export async function startKeycloakWorld(devicesUrl: string): Promise<KeycloakWorld> {
  const channel = 'spi-ciba-auth-channel--ciba-http-auth-channel'
  const flag = `--${channel}--http-authentication-channel-uri=${devicesUrl}`
  const { url, ...peer } = await startKeycloakPeer(adminSecret, [flag])
  return { ...peer, ...(await worldAt(url, adminSecret)) }
}

/** Makes the realm at a Keycloak that runs. */
export async function worldAt(
  url: string,
  password: string,
): Promise<Omit<KeycloakWorld, keyof Peer>> {
  const realm = 'shop'
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers = {
      authorization: `Bearer ${await adminToken(url, password)}`,
      'content-type': 'application/json',
    }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(`${url}/admin/realms${path}`, { method, headers, ...content })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  await ask('POST', '', realmOf(realm))
  const admin: KeycloakWorld['admin'] = (method, path, body) =>
    ask(method, `/${realm}${path}`, body)
  await grantObserver(admin)
  return { url, realm, endpoint: `${url}/realms/${realm}/protocol/openid-connect`, admin }
}

/** The least that the adapter needs. */
async function grantObserver(admin: KeycloakWorld['admin']): Promise<void> {
  const idOf = async (clientId: string): Promise<string> =>
    ((await admin('GET', `/clients?clientId=${clientId}`)) as { id: string }[])[0]!.id
  const { id } = (await admin(
    'GET',
    `/clients/${await idOf('grantlog-observer')}/service-account-user`,
  )) as { id: string }
  const management = await idOf('realm-management')
  const roles = (await admin('GET', `/clients/${management}/roles`)) as { name: string }[]
  const needed = roles.filter(({ name }) => ['view-events', 'view-realm'].includes(name))
  await admin('POST', `/users/${id}/role-mappings/clients/${management}`, needed)
}

async function adminToken(url: string, password: string): Promise<string> {
  const form = { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password }
  const endpoint = `${url}/realms/master/protocol/openid-connect/token`
  const response = await fetch(endpoint, { method: 'POST', body: new URLSearchParams(form) })
  return ((await response.json()) as { access_token: string }).access_token
}

/** Types that a realm keeps only when each is named, beside those that it keeps anyway. */
const types = `
  LOGIN LOGOUT CODE_TO_TOKEN CLIENT_LOGIN REFRESH_TOKEN INTROSPECT_TOKEN USER_INFO_REQUEST
  REVOKE_GRANT PUSHED_AUTHORIZATION_REQUEST OAUTH2_DEVICE_AUTH OAUTH2_DEVICE_VERIFY_USER_CODE
  OAUTH2_DEVICE_CODE_TO_TOKEN GRANT_CONSENT TOKEN_EXCHANGE AUTHREQID_TO_TOKEN
  CLIENT_REGISTER CLIENT_INFO CLIENT_UPDATE CLIENT_DELETE
`
  .trim()
  .split(/\s+/)
  .flatMap((type) => [type, `${type}_ERROR`])

function realmOf(realm: string): object {
  return {
    ...{ realm, enabled: true, sslRequired: 'none', eventsExpiration: 3600 },
    ...{ eventsEnabled: true, adminEventsEnabled: true, adminEventsDetailsEnabled: true },
    ...{ enabledEventTypes: types, revokeRefreshToken: true, refreshTokenMaxReuse: 0 },
    users: [
      {
        ...{ username: user.username, enabled: true, email: 'alice@example.com' },
        ...{ emailVerified: true, firstName: 'Alice', lastName: 'Example' },
        credentials: [{ type: 'password', value: user.password, temporary: false }],
      },
    ],
    clients: [
      {
        ...{ clientId: client.clientId, secret: client.secret, publicClient: false },
        ...{ standardFlowEnabled: true, directAccessGrantsEnabled: true },
        ...{ serviceAccountsEnabled: true, redirectUris: [client.redirectUri] },
        // Whoever asks about a token must be in its audience.
        protocolMappers: [
          {
            ...{ name: 'self', protocol: 'openid-connect' },
            protocolMapper: 'oidc-audience-mapper',
            config: { 'included.client.audience': client.clientId, 'access.token.claim': 'true' },
          },
        ],
        attributes: {
          'oauth2.device.authorization.grant.enabled': 'true',
          'oidc.ciba.grant.enabled': 'true',
          'standard.token.exchange.enabled': 'true',
        },
      },
      {
        ...{ clientId: 'grantlog-observer', secret: observerSecret, publicClient: false },
        ...{ serviceAccountsEnabled: true, standardFlowEnabled: false },
      },
    ],
  }
}
