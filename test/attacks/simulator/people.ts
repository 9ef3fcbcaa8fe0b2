// People, the networks that they come from, and what they hold in their hands.
import type { From } from './facts/server.ts'
import type { Random } from './random.ts'

export type UserRole = 'admin' | 'user' | 'guest'

export interface Person {
  readonly id: string
  readonly role: UserRole
  /** Of the network at home, or of the office that many share. */
  readonly address: string
  /** First two numbers of the addresses that the mobile network gives. */
  readonly carrier: string
  readonly browser: Device
  readonly phone: Device
  /** Thumbprint of the key of the phone (RFC 7638); null: it has none. */
  readonly key: string | null
  /** Shops in a browser, not on the phone alone. */
  readonly comesFromHome: boolean
}

/** A new version comes now and then, seldom another program. */
export interface Device {
  family: string
  version: number
}

// Homes and strangers have addresses of 240.0.0.0/4, which nobody has (RFC 1112 section 4).
const offices = 6
const carriers = ['100.70', '100.85', '100.101', '10.160', '10.177']
const browsers = ['Firefox', 'Chrome', 'Safari', 'Edge']
/** As many come from an office. */
const officeShare = 0.3
/** As many have tokens on their phone that are bound to its key. */
const boundShare = 0.3

export function createPeople(count: number, random: Random): Person[] {
  return Array.from({ length: count }, (_, at): Person => {
    const isOffice = random.chance(officeShare)
    const office = `203.0.113.${1 + random.below(offices)}`
    return {
      id: `user-${at}`,
      // The most active ones are people of the staff, too.
      role: at % 50 === 7 ? 'admin' : random.chance(0.15) ? 'guest' : 'user',
      address: isOffice
        ? office
        : `24${1 + random.below(8)}.${random.below(256)}.${random.below(256)}.9`,
      carrier: random.pick(carriers),
      browser: { family: random.pick(browsers), version: 140 + random.below(4) },
      phone: { family: 'ShopApp', version: 30 + random.below(3) },
      key: random.chance(boundShare) ? random.hex(43).slice(0, 43) : null,
      comesFromHome: at % 3 !== 1,
    }
  })
}

/** What people hold in their hands gets newer: somebody's every so often. */
export function* updates(
  people: readonly Person[],
  random: Random,
  everyMs: number,
): Generator<number, void, void> {
  for (;;) {
    yield random.exponential(everyMs)
    const { browser, phone } = random.pick(people)
    if (random.chance(0.1)) browser.family = random.pick(browsers)
    const device = random.chance(0.5) ? browser : phone
    device.version += 1
  }
}

export function atHome({ address, browser }: Person): From {
  return { address, userAgent: `Mozilla/5.0 ${browser.family}/${browser.version}.0` }
}

/** Another address of the same network, whenever it is asked. */
export function onTheWay({ carrier, phone }: Person, random: Random): From {
  const address = `${carrier}.${random.below(256)}.${1 + random.below(254)}`
  return { address, userAgent: `${phone.family}/${phone.version} (phone)` }
}

/** Somebody else's: of no network that anybody of ours uses. */
export function elsewhere(random: Random): From {
  const address = `25${1 + random.below(4)}.${random.below(256)}.2.${1 + random.below(254)}`
  return { address, userAgent: random.pick(['python-requests/2.33', 'curl/8.16', 'Go-http/2.0']) }
}
