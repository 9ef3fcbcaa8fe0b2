// The one place that asks the server. See request.test.ts for what becomes of odd answers.
import type { Problem } from '../../api/problem.ts'

/** As `API_BASE` of the contract, whose module would bring its validator along. */
const BASE = '/api/v1'

/**
 * Whether another try may be answered: nothing came, the console is starting, or it is too much for
 * it now. What is wrong with the question stays wrong.
 */
export function isPassing({ code, status }: Problem): boolean {
  return code === NO_ANSWER || status === 429 || status >= 500
}

/** Whether nobody is there to answer: nothing came, or only who stands in front. */
export function isAway({ code, status }: Problem): boolean {
  return code === NO_ANSWER || status === 503
}

/** Not an answer of the API: nothing came, or nothing that can be read. */
export const NO_ANSWER = 'NO_ANSWER'

export type Answer<T> =
  | { readonly data: T; readonly problem?: undefined }
  | { readonly data?: undefined; readonly problem: Problem }

export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Parameters that are empty, false or not given are left out: the API's defaults hold. */
export function apiUrl(path: string, params: Params = {}): string {
  const given = Object.entries(params).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === null || value === '' || value === false
      ? []
      : [[name, String(value)]],
  )
  const search = new URLSearchParams(given.toSorted(([a], [b]) => (a < b ? -1 : 1))).toString()
  return `${BASE}/${path}${search === '' ? '' : `?${search}`}`
}

/** Never rejects, except when `signal` ends it. */
export async function request<T>(
  url: string,
  { body, signal }: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<Answer<T>> {
  const init: RequestInit = { headers: { accept: 'application/json' }, ...(signal && { signal }) }
  if (body !== undefined) {
    init.method = 'POST'
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (signal?.aborted === true) throw error
    return { problem: noAnswer('The receiver does not answer') }
  }
  return answerOf<T>(response, signal)
}

async function answerOf<T>(response: Response, signal?: AbortSignal): Promise<Answer<T>> {
  try {
    const json = (await response.json()) as unknown
    if (response.ok) return { data: json as T }
    if (isProblem(json)) return { problem: json }
  } catch (error) {
    if (signal?.aborted === true) throw error
  }
  const { status } = response
  if (status === 502 || status === 503 || status === 504) {
    return { problem: noAnswer(`A proxy answered in place of the receiver (${status})`, status) }
  }
  return {
    problem: {
      code: 'ANSWER_UNREADABLE',
      title: `The answer is not one of this API (HTTP ${status})`,
      status,
      fix: 'check that the address is the console of a receiver, and reload the page',
    },
  }
}

function noAnswer(title: string, status = 0): Problem {
  return { code: NO_ANSWER, title, status, fix: 'check that it runs and can be reached' }
}

function isProblem(json: unknown): json is Problem {
  return typeof json === 'object' && json !== null && 'code' in json && 'title' in json
}
