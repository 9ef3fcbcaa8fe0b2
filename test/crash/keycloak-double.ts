// The admin REST of a Keycloak as far as the adapter asks it, with events that a test makes. See
// test/peers/observed.test.ts for the real one.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface KeycloakEvent {
  readonly id: string
  readonly time: number
  readonly type: string
  readonly details?: Readonly<Record<string, string>>
}

export interface KeycloakDouble extends AsyncDisposable {
  readonly url: string
  readonly events: KeycloakEvent[]
  /** `eventsEnabled` of the realm. */
  isOn: boolean
  /** Answers that are 503, from now on. */
  failing: number
  asked: number
}

export async function startKeycloakDouble(): Promise<KeycloakDouble> {
  const answer = (url: URL): unknown => {
    if (url.pathname.endsWith('/token')) return { access_token: 'token-of-a-test', expires_in: 60 }
    if (url.pathname.endsWith('/events/config')) return { eventsEnabled: double.isOn }
    if (url.pathname.endsWith('/admin-events')) return []
    if (url.pathname.endsWith('/events')) return pageOf(double.events, url.searchParams)
    return { adminEventsEnabled: true }
  }
  const server = createServer((request, response) => {
    double.asked++
    const isFailing = double.failing > 0 && double.failing-- > 0
    request.resume().once('end', () => {
      response.statusCode = isFailing ? 503 : 200
      response.end(JSON.stringify(answer(new URL(request.url ?? '/', 'http://double'))))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const double: KeycloakDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ events: [], isOn: true, failing: 0, asked: 0 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return double
}

function pageOf(events: readonly KeycloakEvent[], asked: URLSearchParams): KeycloakEvent[] {
  const number = (name: string): number => Number(asked.get(name))
  return events
    .filter(({ time }) => time >= number('dateFrom'))
    .toSorted((a, b) => a.time - b.time)
    .slice(number('first'), number('first') + number('max'))
}
