// How bad a finding is, and what was decided of it: colour, picture and word.
import type { ReactNode } from 'react'
import type { RuleFinding } from '../../api/findings.ts'
import { Badge, type Tone } from '../parts/outcome.tsx'

type Level = RuleFinding['rule']['level']
type Status = RuleFinding['status']

export const levelTexts: Readonly<Record<Level, string>> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}

const levelTones: Readonly<Record<Level, Tone>> = {
  informational: 'plain',
  low: 'plain',
  medium: 'challenge',
  high: 'denied',
  critical: 'failure',
}

export const statusTexts: Readonly<Record<Status, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  closed: 'Closed',
  false_positive: 'False positive',
}

export function LevelBadge({ level }: { readonly level: Level }): ReactNode {
  return <Badge tone={levelTones[level]} text={levelTexts[level]} />
}

export function StatusBadge({ status }: { readonly status: Status }): ReactNode {
  return <Badge tone={status === 'open' ? 'challenge' : 'plain'} text={statusTexts[status]} />
}
