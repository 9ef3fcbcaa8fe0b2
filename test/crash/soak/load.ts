// The load: requests to instrumented services, each with a number of its own in its query, and
// which of them were seen to be answered. That is the outside truth that the log is held against.
import { Agent, request } from 'node:http'

/** A service that can be asked, or null while it is down. */
export interface Target {
  readonly url: string
  /** Number of this life of the service, from 1 on. */
  readonly life: number
}

export interface Load {
  /** Requests sent, and whole answers received. */
  readonly sent: number
  readonly answered: number
  /** Whole answers that were not 200. */
  readonly refused: number
  /** The life that was asked with this number; 0: none. */
  lifeOf(id: number): number
  /** Unix milliseconds of the whole answer; null when none came. */
  answeredAt(id: number): number | null
  /** Asks each service `rate` divided by services times a second, until stopped. */
  open(targets: () => readonly (Target | null)[], rate: number): () => Promise<void>
  /** Keeps `connections` requests under way at each service, until stopped. */
  closed(targets: () => readonly (Target | null)[], connections: number): () => Promise<void>
}

const tickMs = 10
/** More requests under way at one service mean that it hangs: what is due then is not sent. */
const inFlightMax = 256
const requestTimeoutMs = 30_000

export function createLoad(token: string): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 })
  const startedAt = Date.now()
  let lives = new Uint16Array(1 << 16)
  // Milliseconds after the start, plus one; 0: no answer.
  let answers = new Uint32Array(1 << 16)
  let [sent, answered, refused, underWay] = [0, 0, 0, 0]

  function nextId(life: number): number {
    const id = sent++
    if (id === lives.length) {
      const [moreLives, moreAnswers] = [new Uint16Array(id * 2), new Uint32Array(id * 2)]
      moreLives.set(lives)
      moreAnswers.set(answers)
      ;[lives, answers] = [moreLives, moreAnswers]
    }
    lives[id] = life
    return id
  }

  /** One request; `done` when it is over, however. */
  function ask({ life, url }: Target, done: () => void): void {
    const id = nextId(life)
    underWay++
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      underWay--
      done()
    }
    const headers = { authorization: `Bearer ${token}` }
    const asked = request(`${url}/orders/7?r=${id}`, { agent, headers, timeout: requestTimeoutMs })
    asked
      .on('timeout', () => asked.destroy())
      .on('error', over)
      .on('close', over)
    asked.on('response', (response) => {
      response.on('error', over).on('end', () => {
        if (!response.complete) return
        answers[id] = Date.now() - startedAt + 1
        answered++
        if (response.statusCode !== 200) refused++
      })
      response.resume()
    })
    asked.end()
  }

  async function drained(): Promise<void> {
    while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  return {
    get sent() {
      return sent
    },
    get answered() {
      return answered
    },
    get refused() {
      return refused
    },
    lifeOf: (id) => lives[id] ?? 0,
    answeredAt: (id) => (answers[id] ? startedAt + answers[id] - 1 : null),
    open(targets, rate) {
      const inFlight: number[] = []
      const due: number[] = []
      let last = performance.now()
      const timer = setInterval(() => {
        const now = performance.now()
        const share = ((now - last) * rate) / 1000
        last = now
        const all = targets()
        for (const [at, target] of all.entries()) {
          const whole = Math.floor((due[at] ?? 0) + share / all.length)
          due[at] = (due[at] ?? 0) + share / all.length - whole
          for (let i = 0; target && i < whole && (inFlight[at] ?? 0) < inFlightMax; i++) {
            inFlight[at] = (inFlight[at] ?? 0) + 1
            ask(target, () => void inFlight[at]!--)
          }
        }
      }, tickMs)
      return async () => {
        clearInterval(timer)
        await drained()
      }
    },
    closed(targets, connections) {
      let isStopped = false
      const again = (at: number): void => {
        const target = targets()[at]
        if (!isStopped && target) ask(target, () => again(at))
      }
      for (const at of targets().keys()) {
        for (let i = 0; i < connections; i++) again(at)
      }
      return async () => {
        isStopped = true
        await drained()
      }
    },
  }
}
