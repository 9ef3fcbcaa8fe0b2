// Every request that this process serves, whatever framework handles it: Node itself tells of it at
// its diagnostics channels, and nothing is patched. Each request gets its scope, in which the hooks
// of libraries leave what they know; one that presented a token, or that was told to, becomes a
// record at its end.
//
// This runs for every request of the host, and most are not about OAuth: at the start the head is
// looked at, and all else waits until it is known that there will be a record. See
// `npm run bench -- sdk`.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Begin, Occurrence, Ticket } from '../../event.ts'
import type { ChallengeFacts, Facts, HttpFacts } from '../../facts.ts'
import { lateToldMs } from '../../limits.ts'
import { timesSince } from '../clock.ts'
import { fenced } from '../fence.ts'
import type { HookOptions, Instrument } from '../instrument.ts'
import { parseTraceparent, servedSpan } from '../parent.ts'
import { isForm, presentedBy, presentedInHead } from '../presented.ts'
import { countRunning, type Running } from '../running.ts'
import type { Scopes, ServedRequest, Told } from '../scopes.ts'
import { integer, text } from '../unknown.ts'
import { challengeIn } from './challenge.ts'
import { watchConnections } from './connections.ts'
import { express } from './express.ts'
import { headOf } from './response.ts'
import { httpFacts, snapshot } from './snapshot.ts'
import type { Ending, How, Message, Serving } from './snapshot.ts'
import { createUnanswered, type Unanswered } from './unanswered.ts'

const action = 'oauth.resource_access'
const startChannel = 'http.server.request.start'
const finishChannel = 'http.server.response.finish'

/** See the head of this file. */
export function instrumentHttpServer({ begin, scopes, onError }: HookOptions): Instrument {
  // Those that presented a token: others hardly ever become records, and some never end.
  const running = countRunning()
  const connections = watchConnections(fenced<Message>((message) => end(message, 'cut'), onError))
  const unanswered = createUnanswered(onError)
  let hasSeenOAuth = false
  const { awaitAnswer, conclude } = createEnds({
    ...{ running, scopes, unanswered, tell: createTell(begin) },
    onOAuth: () => (hasSeenOAuth = true),
  })

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
      if (serving.hasEnded) unanswered.conclude(message)
      else if (how === 'cut' && isUnanswered(serving, message)) awaitAnswer(serving, message)
      else conclude(serving, message, how)
    } finally {
      // A host goes on whose client has left: what hooks ask for then goes with its connection.
      if (how !== 'begins' && serving.isWatched) connections.leave(message)
      if (how === 'over') scopes.ended(request, socket)
      else if (how === 'cut' && !unanswered.has(message)) scopes.over(request, socket)
    }
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
    settle: (timeoutMs) => {
      unanswered.concludeAll()
      return running.settle(timeoutMs)
    },
    disable: () => {
      unanswered.concludeAll()
      unsubscribe(startChannel, onStart)
      unsubscribe(finishChannel, onFinish)
      unready()
      connections.stop()
    },
  }
}

/** How requests end for their records. */
interface Ends {
  readonly conclude: (serving: Serving, message: Message, how: How) => void
  /** The host may only now find out who asks, and does it all the same. */
  readonly awaitAnswer: (serving: Serving, message: Message) => void
}

function createEnds(options: {
  readonly running: Running
  readonly scopes: Scopes
  readonly tell: Tell
  readonly unanswered: Unanswered
  readonly onOAuth: () => void
}): Ends {
  const { onOAuth, running, scopes, tell, unanswered } = options

  function conclude(serving: Serving, message: Message, how: How): void {
    serving.hasEnded = true
    if (serving.isAwaited) running.leave()
    if (!serving.isClaimed) {
      if (tell.now(serving, message, how)) onOAuth()
      else if (how === 'cut') tell.later(serving, message)
    }
    leave(serving)
  }

  return {
    conclude,
    awaitAnswer: (serving, message) => {
      serving.hasEnded = true
      onOAuth()
      const record = tell.unanswered(serving, message)
      unanswered.enter(message, () => {
        if (serving.isClaimed || serving.told) conclude(serving, message, 'cut')
        else {
          if (serving.isAwaited) running.leave()
          record()
          leave(serving)
        }
        scopes.over(message.request, message.socket)
      })
    },
  }
}

interface Tell {
  /** Makes the record of a request that has ended; false: it has none, or not yet. */
  readonly now: (serving: Serving, message: Message, how: How) => boolean
  /** Has it made when the one that is returned is called: of what is known by then. */
  readonly unanswered: (serving: Serving, message: Message) => () => void
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
    recordAt({ ...timesSince(startedAtMs), parent }, ticket, facts)
    return true
  }

  function recordAt(at: Occurrence, ticket: Ticket, facts: () => Facts): void {
    try {
      ticket.record(facts(), at)
    } catch (error) {
      ticket.lose(error)
    }
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
    unanswered: (serving, message) => {
      const at = { ...timesSince(serving.startedAtMs), parent: parentOf(serving, message) }
      return () => {
        const ticket = begin(action, 'resource_server', message.request)
        recordAt(at, ticket, () => snapshot(serving, message, unansweredOf(serving, message)))
      }
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

function leave(serving: Serving): void {
  serving.told = null
  serving.watch = undefined
  serving.context = null
}

/** Its client left before the host had an answer, and no library tells of it. */
function isUnanswered(serving: Serving, { response }: Message): boolean {
  if (serving.isClaimed || serving.told) return false
  return !response.headersSent && !response.writableEnded && presentedBy(serving) !== null
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
  const challenge = challengeOf(statusCode, head)
  if (token === null && challenge === null) return null
  return { token, challenge, head, status: headersSent ? statusCode : 0, how }
}

/** The same of one whose client had left before: what the host answers then reaches nobody. */
function unansweredOf(serving: Serving, { response }: Message): Ending {
  const token = presentedBy(serving)
  const nothing = { token, challenge: null, head: '', status: 0, how: 'cut' } as const
  if (!response.writableEnded) return nothing
  // Of some frameworks Node has not even made a head.
  const asks = text(response.getHeader('WWW-Authenticate'))
  const head = headOf(response) || `\r\nWWW-Authenticate: ${asks ?? ''}\r\n`
  const { statusCode } = response
  return { ...nothing, challenge: challengeOf(statusCode, head), unsentStatus: statusCode }
}

/** What an answer asks for that refuses. */
function challengeOf(status: number, head: string): ChallengeFacts | null {
  return status === 400 || status === 401 || status === 403 ? challengeIn(head) : null
}

function callerOf({ request }: Message): Serving['parent'] {
  const { traceparent } = request.headers
  return typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
}
