// Every request that this process serves, whatever framework handles it: Node itself tells of it at
// its diagnostics channels, and nothing is patched. Each request gets its scope, in which the hooks
// of libraries leave what they know; one that presented a token, or that was told to, becomes a
// record at its end.
//
// This runs for every request of the host, and most are not about OAuth: at the start the head is
// looked at, and all else waits until it is known that there will be a record. See
// `npm run bench -- sdk`.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Begin, Ticket } from '../../event.ts'
import type { Facts, HttpFacts } from '../../facts.ts'
import { lateToldMs } from '../../limits.ts'
import { timesSince } from '../clock.ts'
import { fenced } from '../fence.ts'
import type { HookOptions, Instrument } from '../instrument.ts'
import { parseTraceparent, servedSpan } from '../parent.ts'
import { isForm, presentedBy, presentedInHead } from '../presented.ts'
import { countRunning } from '../running.ts'
import type { ServedRequest, Told } from '../scopes.ts'
import { integer, text } from '../unknown.ts'
import { challengeIn } from './challenge.ts'
import { watchConnections } from './connections.ts'
import { express } from './express.ts'
import { headOf } from './response.ts'
import { httpFacts, snapshot } from './snapshot.ts'
import type { Ending, How, Message, Serving } from './snapshot.ts'

const action = 'oauth.resource_access'
const startChannel = 'http.server.request.start'
const finishChannel = 'http.server.response.finish'

/** See the head of this file. */
export function instrumentHttpServer({ begin, scopes, onError }: HookOptions): Instrument {
  // Those that presented a token: others hardly ever become records, and some never end.
  const running = countRunning()
  const connections = watchConnections(fenced<Message>((message) => end(message, 'cut'), onError))
  const tell = createTell(begin)
  let hasSeenOAuth = false

  function start(message: Message): void {
    const serving = servingOf(message)
    scopes.serve(message.request, serving)
    if (serving.isAwaited) running.enter()
    if (serving.isWatched) connections.enter(message)
    else serving.watch = () => watchNow(serving, message)
  }

  /** It will have a record; its connection may be over by now. */
  function watchNow(serving: Serving, message: Message): void {
    serving.watch = undefined
    serving.isWatched = true
    serving.peerAddress = text(message.socket.remoteAddress)
    if (message.socket.closed) end(message, 'cut')
    else connections.enter(message)
  }

  function end(message: Message, how: How): void {
    const { request, socket } = message
    const serving = scopes.served(request, socket)
    if (!isServing(serving)) return
    try {
      if (!serving.hasEnded) conclude(serving, message, how)
    } finally {
      // A host goes on whose client has left: what hooks ask for then goes with its connection.
      if (how !== 'begins' && serving.isWatched) connections.leave(message)
      if (how === 'over') scopes.ended(request, socket)
      else if (how === 'cut') scopes.over(request, socket)
    }
  }

  function conclude(serving: Serving, message: Message, how: How): void {
    serving.hasEnded = true
    if (serving.isAwaited) running.leave()
    if (!serving.isClaimed) {
      if (tell.now(serving, message, how)) hasSeenOAuth = true
      else if (how === 'cut') tell.later(serving, message)
    }
    serving.told = null
    serving.watch = undefined
    serving.context = null
  }

  const onStart = fenced<unknown>((message) => start(message as Message), onError)
  const onFinish = fenced<unknown>((message) => end(message as Message, 'over'), onError)
  subscribe(startChannel, onStart)
  subscribe(finishChannel, onFinish)
  const unready = scopes.onReady(({ request, response }) => {
    const { socket } = request
    end({ request, response, socket }, 'begins')
  })
  return {
    libraries: [],
    isHooked: () => hasSeenOAuth,
    settle: running.settle,
    disable: () => {
      unsubscribe(startChannel, onStart)
      unsubscribe(finishChannel, onFinish)
      unready()
      connections.stop()
    },
  }
}

interface Tell {
  /** Makes the record of a request that has ended; false: it has none, or not yet. */
  readonly now: (serving: Serving, message: Message, how: How) => boolean
  /** Has it made of what a library tells from now on, though nobody waits for an answer. */
  readonly later: (serving: Serving, message: Message) => void
}

function createTell(begin: Begin): Tell {
  type Parent = Serving['parent']
  function record(
    { startedAtMs }: Serving,
    parent: Parent,
    ticket: Ticket,
    facts: () => Facts,
  ): true {
    try {
      ticket.record(facts(), { ...timesSince(startedAtMs), parent })
    } catch (error) {
      ticket.lose(error)
    }
    return true
  }

  return {
    now: (serving, message, how) => {
      const { told } = serving
      const { request } = message
      if (told) {
        if (how === 'cut' && told.isDone?.() === false) return false
        const ticket = begin(told.action, 'authorization_server', request)
        const facts = (): Facts => told.facts(answeredFacts(serving, message, how))
        return record(serving, parentOf(serving, message), ticket, facts)
      }
      const ending = endingOf(serving, message, how)
      if (ending === null) return false
      const ticket = begin(action, 'resource_server', request)
      const facts = (): Facts => snapshot(serving, message, ending)
      return record(serving, parentOf(serving, message), ticket, facts)
    },
    later: (serving, message) => {
      // Plain data; what is begun keeps its request for as long as it is waited for.
      const http = answeredFacts(serving, message, 'cut')
      const parent = parentOf(serving, message)
      const { told: begun } = serving
      let last: NodeJS.Timeout | undefined
      const late = (told: Told): void => {
        clearTimeout(last)
        serving.late = undefined
        const ticket = begin(told.action, 'authorization_server')
        record(serving, parent, ticket, () => told.facts(http))
      }
      serving.late = late
      // What never ends is told as what it was by then: it was begun, and must not be missing.
      if (begun) last = setTimeout(() => late(begun), lateToldMs).unref()
    },
  }
}

function parentOf(serving: Serving, message: Message): Serving['parent'] {
  return serving.parent ?? servedSpan() ?? callerOf(message)
}

/** Of a request that a library has answered, or was about to. */
function answeredFacts(serving: Serving, message: Message, how: How): HttpFacts {
  const { headersSent, statusCode } = message.response
  const facts = httpFacts(serving, message, headersSent ? statusCode : 0)
  return how === 'cut' ? { ...facts, isCut: true } : facts
}

function servingOf({ request, socket }: Message): Serving {
  const target = request.url ?? ''
  const { authorization, 'content-type': contentType } = request.headers
  const token = presentedInHead(authorization, target)
  const isWatched = token !== null || isForm(text(contentType))
  return {
    token,
    validation: null,
    failure: null,
    parent: servedSpan(),
    isClaimed: false,
    framework: express,
    context: request,
    method: request.method ?? '_OTHER',
    target,
    startedAtMs: performance.now(),
    // A connection that has ended knows neither.
    peerAddress: isWatched ? text(socket.remoteAddress) : null,
    writtenBefore: isWatched ? integer(socket.bytesWritten) : null,
    isAwaited: token !== null,
    isWatched,
    hasEnded: false,
  }
}

function isServing(served: ServedRequest | undefined): served is Serving {
  return served !== undefined && 'hasEnded' in served
}

/** What a record is made of; null if there is to be none. */
function endingOf(serving: Serving, { response }: Message, how: How): Ending | null {
  const { statusCode, headersSent } = response
  const token = presentedBy(serving)
  const isRefused = statusCode === 401 || statusCode === 403
  if (token === null && !isRefused) return null
  const head = headOf(response)
  const challenge = isRefused || statusCode === 400 ? challengeIn(head) : null
  if (token === null && challenge === null) return null
  return { token, challenge, head, status: headersSent ? statusCode : 0, how }
}

function callerOf({ request }: Message): Serving['parent'] {
  const { traceparent } = request.headers
  return typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
}
