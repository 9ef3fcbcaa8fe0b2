// Places for connections at one port: so many in all, and so many of one address. When there is
// none, whoever has not proven who he is makes way: the oldest connection of the address that has
// most of them. So strangers who only hold connections open keep out nobody but each other, and
// where nobody proves who he is, an address with many keeps out no other. See connections.test.ts.
import type { Log } from '../flow.ts'
import { REFUSED_CALLER_TOLD_MS } from '../caller-limits.ts'
import type { Limits } from '../limits.ts'
import { seldom } from '../seldom.ts'

/** Of a connection; addresses and port tell it apart, also where TLS or HTTP/2 wrap its socket. */
export interface Peer {
  /** Ours: a peer may have a connection of one port to each of our addresses. */
  readonly localAddress?: string | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

export interface Connections {
  readonly open: number
  /** Connections that were closed because there was no place, since the start. */
  readonly refused: number
  /** Takes a place, and says how it ends; `end` closes the connection when it has to make way. */
  enter(peer: Peer, end: () => void): boolean
  leave(peer: Peer): void
  /** Closes it, if it is open still. */
  end(peer: Peer): void
  /** Whether it is older than a connection may get: then it ends with the next answer. */
  isOld(peer: Peer): boolean
  /** Who has this connection has shown who he is: he does not make way any more. */
  proven(peer: Peer): void
}

export interface ConnectionsOptions {
  readonly limits: Pick<Limits, 'connectionMaxAgeMs' | 'connections' | 'connectionsPerAddress'>
  readonly log: Log
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
}

interface Place {
  readonly address: string
  /** By the clock that never goes back. */
  readonly since: number
  readonly end: () => void
}

export function createConnections({ limits, log, uptimeMs }: ConnectionsOptions): Connections {
  const { connectionMaxAgeMs, connections: most, connectionsPerAddress: mostOfAddress } = limits
  /** In the order in which they came; only those that make way. */
  const unproven = new Map<string, Place>()
  const places = new Map<string, Place>()
  const ofAddress = new Map<string, number>()
  let refused = 0
  const tellSeldom = seldom(REFUSED_CALLER_TOLD_MS, uptimeMs)

  function remove(key: string): void {
    const place = places.get(key)
    if (place === undefined) return
    places.delete(key)
    unproven.delete(key)
    const left = ofAddress.get(place.address)! - 1
    if (left > 0) ofAddress.set(place.address, left)
    else ofAddress.delete(place.address)
  }

  /** Closes the oldest that may be closed, of this address; false: there is none. */
  function makeWay(address: string | undefined): boolean {
    for (const [key, place] of unproven) {
      if (place.address !== address) continue
      remove(key)
      place.end()
      return true
    }
    return false
  }

  function hasPlace(address: string): boolean {
    const isAddressFull = (ofAddress.get(address) ?? 0) >= mostOfAddress
    if (!isAddressFull && places.size < most) return true
    refused++
    const limit = isAddressFull ? 'connectionsPerAddress' : 'connections'
    // Addresses are personal, so none is told.
    tellSeldom('', (times) => log({ code: 'CONNECTIONS_REFUSED', level: 'warn', limit, times }))
    return makeWay(isAddressFull ? address : greediest(unproven.values()))
  }

  return {
    get open() {
      return places.size
    },
    get refused() {
      return refused
    },
    enter(peer, end) {
      const address = peer.remoteAddress ?? ''
      if (!hasPlace(address)) {
        end()
        return false
      }
      // What was closed before anybody asked has no address: one such stands for all.
      remove(keyOf(peer))
      const place = { address, since: uptimeMs(), end }
      places.set(keyOf(peer), place)
      unproven.set(keyOf(peer), place)
      ofAddress.set(address, (ofAddress.get(address) ?? 0) + 1)
      return true
    },
    leave: (peer) => remove(keyOf(peer)),
    end: (peer) => places.get(keyOf(peer))?.end(),
    isOld(peer) {
      const place = places.get(keyOf(peer))
      return place !== undefined && uptimeMs() - place.since >= connectionMaxAgeMs
    },
    proven: (peer) => void unproven.delete(keyOf(peer)),
  }
}

function keyOf({ localAddress, remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

/** The address with most of these; of several the one with the oldest. */
function greediest(places: Iterable<Place>): string | undefined {
  const counts = new Map<string, number>()
  for (const { address } of places) counts.set(address, (counts.get(address) ?? 0) + 1)
  let found: string | undefined
  for (const [address, count] of counts) {
    if (found === undefined || count > counts.get(found)!) found = address
  }
  return found
}
