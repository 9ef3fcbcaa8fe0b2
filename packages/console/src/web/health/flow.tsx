// The way of the records in three steps, each with what did not come through.
import { Fragment, type ReactNode } from 'react'
import type { Health } from '../../api/health.ts'
import { Icon } from '../parts/icon.tsx'
import { countText, wholeShareText } from '../parts/numbers.ts'
import { Badge, type Tone } from '../parts/outcome.tsx'
import { sumOf, unaccountedOf } from './verdict.ts'

interface Step {
  readonly title: string
  readonly count: string
  readonly tone: Tone
  readonly state: string
  readonly notes: readonly string[]
}

export function Flow({ health }: { readonly health: Health }): ReactNode {
  const steps = [received(health), sealed(health), forwarded(health)]
  return (
    <ol className="flow" aria-label="From received to forwarded">
      {steps.map(({ title, count, tone, state, notes }, at) => (
        <Fragment key={title}>
          {at === 0 ? null : (
            <li className="flow-arrow" aria-hidden="true">
              <Icon name="right" />
            </li>
          )}
          <li className="flow-step" data-tone={tone}>
            <h2>{title}</h2>
            <p className="flow-count">{count}</p>
            <Badge tone={tone} text={state} />
            {notes.map((note) => (
              <p key={note} className="muted">
                {note}
              </p>
            ))}
          </li>
        </Fragment>
      ))}
    </ol>
  )
}

function received(health: Health): Step {
  const { received: came, committed, duplicates, refused } = health
  const open = unaccountedOf(health)
  return {
    title: 'Received',
    count: countText(came),
    ...(open > 0
      ? { tone: 'denied', state: `${countText(open)} being worked on` }
      : { tone: 'good', state: 'all accounted for' }),
    notes: [
      `${countText(committed)} stored`,
      `${countText(duplicates)} known already`,
      `${countText(sumOf(refused))} refused`,
    ],
  }
}

function sealed({ size, published }: Health): Step {
  const waiting = size - published
  return {
    title: 'Sealed',
    count: wholeShareText(published, size),
    ...(waiting > 0
      ? { tone: 'challenge', state: `${countText(waiting)} wait for the next checkpoint` }
      : { tone: 'good', state: 'all of the log' }),
    notes: [
      `${countText(published)} of ${countText(size)} leaves of the log`,
      'records, and what proves them: batches, keys',
    ],
  }
}

function forwarded({ sinks }: Health): Step {
  const late = sinks.filter(({ state }) => state !== 'ok').length
  const dead = sinks.reduce((sum, { deadLetters }) => sum + deadLetters, 0)
  const failing = sinks.some(({ state }) => state === 'failing')
  const title = 'Forwarded'
  if (sinks.length === 0) {
    return { title, count: '–', tone: 'plain', state: 'no sink', notes: ['None is configured'] }
  }
  return {
    title,
    count: `${countText(sinks.length - late)} of ${countText(sinks.length)}`,
    ...(late > 0
      ? { tone: failing ? 'failure' : 'denied', state: `${countText(late)} behind` }
      : { tone: 'good', state: 'all sinks have all' }),
    notes: [`sinks are up to date`, `${countText(dead)} dead letters`],
  }
}
