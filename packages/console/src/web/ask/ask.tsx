// The API's client: typed questions, and the answers of this visit, for going back without waiting.
import type { Problem } from '../../api/problem.ts'
import { type Answer, isAway, type Params, apiUrl, request } from '../io/request.ts'
import { answered, unanswered } from './connection.tsx'

/** Answers that are kept. The oldest goes first. */
const MAX_KEPT = 80

export interface Kept {
  readonly data: unknown
  readonly at: number
}

const kept = new Map<string, Kept>()

export function keptAnswer(url: string): Kept | undefined {
  return kept.get(url)
}

/** Never rejects, except when `signal` ends it. */
export async function ask<T>(
  path: string,
  params: Params = {},
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const url = apiUrl(path, params)
  const answer = await request<T>(url, signal === undefined ? {} : { signal })
  note(answer.problem)
  if (answer.problem === undefined) keep(url, answer.data)
  return answer
}

/** Starts something: a verification, an export. */
export async function order<T>(path: string, body: unknown): Promise<Answer<T>> {
  const answer = await request<T>(apiUrl(path), { body })
  note(answer.problem)
  return answer
}

function note(problem: Problem | undefined): void {
  if (problem !== undefined && isAway(problem)) unanswered()
  else answered()
}

function keep(url: string, data: unknown): void {
  kept.delete(url)
  kept.set(url, { data, at: Date.now() })
  const oldest = kept.keys().next()
  if (kept.size > MAX_KEPT && oldest.done !== true) kept.delete(oldest.value)
}
