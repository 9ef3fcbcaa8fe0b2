// People at the web shop and on their phones.
import {
  call,
  type LogIn,
  logIn,
  logOut,
  type Parties,
  phone,
  refreshTtlS,
  type Session,
  shopFrom,
  tokenTtlS,
  web,
} from '../acts.ts'
import type { Play } from '../clock.ts'
import {
  askForNonce,
  lostRefresh,
  refreshTokens,
  refusedRefresh,
  repeatedRefresh,
} from '../refreshes.ts'
import type { From } from '../facts/server.ts'
import { atHome, onTheWay, type Person, type UserRole } from '../people.ts'
import type { Random } from '../random.ts'
import { usualRequest, wholeExport } from './requests.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
const ssoS = 8 * 3600

/** How much goes on at an hour of the day, at most 1. */
function activityAt(atMs: number): number {
  const hour = (atMs % dayMs) / hourMs
  return 0.06 + 0.94 * Math.max(0, Math.sin(((hour - 6) / 17) * Math.PI)) ** 1.5
}

/** Ends when somebody has a reason to be active. */
export function* untilActive({ scene }: Parties, meanMs: number): Play {
  do yield scene.random.exponential(meanMs * 0.45)
  while (!scene.random.chance(activityAt(scene.clock.nowMs)))
}

/** A person who comes to the web shop every so often, for as long as the world lasts. */
export function* shopper(parties: Parties, person: Person, meanMs: number): Play {
  const { random } = parties.scene
  let last: Session | null = null
  let hasAgreed = false
  for (;;) {
    yield* untilActive(parties, meanMs)
    const isSso: boolean =
      last !== null && parties.scene.nowS('login') - last.authTimeS < ssoS && random.chance(0.7)
    const sso: LogIn['sso'] =
      isSso && last !== null ? { uid: last.uid, authTimeS: last.authTimeS } : undefined
    const from = atHome(person)
    const wrongPasswords = random.chance(0.06) ? 1 + random.below(2) : 0
    const isRemembered = hasAgreed && random.chance(0.98)
    const who = { person, client: web, from, back: shopFrom }
    const session: Session = yield* logIn(parties, { ...who, sso, isRemembered, wrongPasswords })
    hasAgreed = true
    last = (yield* visit(parties, session, () => shopFrom)) ? null : session
  }
}

const callsMean = 12
/** A client renews a token that is about to end. */
const earlyS = 20

/** Some requests; whether the user logged out at the end. */
function* visit(
  parties: Parties,
  session: Session,
  fromNow: () => From,
): Generator<number, boolean, void> {
  const { random } = parties.scene
  const calls = 1 + random.exponential(callsMean)
  for (let done = 0; done < calls; done++) {
    yield 300 + random.exponential(40_000)
    yield* renew(parties, session, fromNow())
    yield* ask(parties, session, fromNow())
  }
  if (session.client.id !== 'web' || !random.chance(0.2)) return false
  yield* logOut(parties, session, atHome(session.person))
  return true
}

/** Renews the tokens before they end, mostly. */
function* renew(parties: Parties, session: Session, from: From): Play {
  const { random } = parties.scene
  const leftS = session.token.claims.expiresAtS! - parties.scene.nowS('login')
  if (leftS > earlyS || random.chance(0.15)) return
  if (random.chance(0.02)) {
    lostRefresh(parties, session)
    yield random.between(200, 3_000)
  }
  if (session.token.claims.boundKey !== null && random.chance(0.3)) {
    askForNonce(parties, session, from)
    yield random.between(50, 500)
  }
  if (random.chance(0.02)) yield* repeatedRefresh(parties, session, from)
  else refreshTokens(parties, session, from)
  yield 50
}

/** The app on the phone has nothing for administrators. */
const roleAt = ({ client, person: { role } }: Session): UserRole =>
  client.id === 'phone' && role === 'admin' ? 'user' : role

/** One request. An expired token is told by a 401, and renewed. */
function* ask(parties: Parties, session: Session, from: From): Play {
  const { random } = parties.scene
  const request = usualRequest(roleAt(session), random)
  const isExpired = session.token.claims.expiresAtS! < parties.scene.nowS('api')
  call(parties, { from, request, token: session.token })
  if (isExpired) {
    yield 60
    refreshTokens(parties, session, from)
    yield 60
    call(parties, { from, request, token: session.token })
  } else if (random.chance(0.004)) {
    yield* follow(parties, session, from)
  }
}

/** The service breaks once, or an order is somebody else's. */
function* follow(parties: Parties, { person, token }: Session, from: From): Play {
  yield 2_000
  if (person.role !== 'guest' && parties.scene.random.chance(0.5)) {
    const request = { method: 'GET', route: '/orders/:id', status: 403, bytes: 23 }
    call(parties, { from, request, token })
    return
  }
  const request = { method: 'GET', route: '/products', status: 503, bytes: 20 }
  call(parties, { from, request, token })
  yield 1_000
  call(parties, { from, request: { ...request, status: 200 }, token })
}

/** An admin exports everything once in a while. */
export function* exporter(parties: Parties, person: Person, meanMs: number): Play {
  for (;;) {
    yield* untilActive(parties, meanMs)
    const from = atHome(person)
    const session = yield* logIn(parties, { person, client: web, from, back: shopFrom })
    yield 20_000
    const request = wholeExport(parties.scene.random)
    call(parties, { from: shopFrom, request, token: session.token })
  }
}

/** An app on a phone: its grant lasts for weeks, its address for minutes. */
export function* phoneUser(parties: Parties, person: Person, meanMs: number): Play {
  const { random } = parties.scene
  let session: Session | null = null
  for (;;) {
    yield* untilActive(parties, meanMs)
    let from = placeOf(person, random)
    session = yield* opened(parties, session, { person, from })
    const fromNow = (): From => {
      if (random.chance(0.12)) from = placeOf(person, random)
      return from
    }
    yield* visit(parties, session, fromNow)
  }
}

/** At home in the network there, or anywhere. */
function placeOf(person: Person, random: Random): From {
  const away = onTheWay(person, random)
  return random.chance(0.4) ? { ...away, address: person.address } : away
}

function* opened(
  parties: Parties,
  session: Session | null,
  { from, person }: { readonly person: Person; readonly from: From },
): Generator<number, Session, void> {
  const isRemembered = session !== null
  if (session !== null) {
    const ageS = parties.scene.nowS('login') - session.refresh.issuedAtS
    if (ageS < tokenTtlS) return session
    if (ageS < refreshTtlS) {
      refreshTokens(parties, session, from)
      yield 80
      return session
    }
    refusedRefresh(parties, session, { from, presented: session.refresh, why: 'expired' })
    yield 4_000
  }
  return yield* logIn(parties, { person, client: phone, from, back: from, isRemembered })
}
