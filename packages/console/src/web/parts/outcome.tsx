// How something ended: colour, picture and word, so that no two of them are needed.
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'
import { visibleText } from './visible.ts'

export const outcomes = ['success', 'denied', 'failure', 'challenge'] as const

const icons: Readonly<Record<string, IconName>> = {
  success: 'check',
  denied: 'blocked',
  failure: 'cross',
  challenge: 'question',
}

export function OutcomeBadge({ outcome }: { readonly outcome: string }): ReactNode {
  const icon = icons[outcome]
  return (
    <span className="badge" data-tone={icon === undefined ? 'plain' : outcome}>
      {icon === undefined ? null : <Icon name={icon} />}
      {visibleText(outcome)}
    </span>
  )
}

/** `good` is the only one that is green: what was checked and holds. */
export type Tone = 'plain' | 'good' | 'denied' | 'failure' | 'challenge'

const toneIcons: Readonly<Record<Tone, IconName | null>> = {
  plain: null,
  good: 'check',
  denied: 'warning',
  failure: 'cross',
  challenge: 'clock',
}

/** Another state in the same form. */
export function Badge({ tone, text }: { readonly tone: Tone; readonly text: string }): ReactNode {
  const icon = toneIcons[tone]
  return (
    <span className="badge" data-tone={tone}>
      {icon === null ? null : <Icon name={icon} />}
      {visibleText(text)}
    </span>
  )
}
