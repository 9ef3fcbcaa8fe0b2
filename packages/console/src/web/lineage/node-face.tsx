// What a node shows, in the graph and in the list: what was done, where and when, how it ended.
import type { ReactNode } from 'react'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import { visibleText } from '../parts/visible.ts'
import type { DrawnNode } from './fold.ts'
import { edgeWord, endOf, flagText, isAlarm, isOver, servicesOf, titleOf } from './words.ts'

const icons: Readonly<Record<string, IconName>> = {
  success: 'check',
  denied: 'blocked',
  failure: 'cross',
  challenge: 'question',
}

interface NodeFaceProps {
  readonly drawn: DrawnNode
  /** How it follows from what is before it: only read out, for the edge says it. */
  readonly kind: string
}

export function NodeFace({ drawn, kind }: NodeFaceProps): ReactNode {
  const { node, run, twins } = drawn
  const where = [node.service, twins.length > 0 ? `⇄ ${servicesOf(twins)}` : ''].filter(Boolean)
  const title = visibleText(titleOf(node))
  return (
    <>
      <span className="node-line">
        {kind === '' ? null : <span className="unseen">{edgeWord(kind)}: </span>}
        <span className="node-icon" data-tone={node.outcome}>
          <Icon name={icons[node.outcome] ?? 'more'} />
        </span>
        <span className="node-title" title={title}>
          {isOver(node) ? <s>{title}</s> : title}
        </span>
        {run.length > 1 ? <span className="node-count">×{run.length}</span> : null}
      </span>
      <span className="node-line node-where">
        <span className="node-service">{visibleText(where.join(' '))}</span>
        <Time ms={Date.parse(node.at)} clock />
      </span>
      <NodeEnd drawn={drawn} />
      <span className="unseen">
        {visibleText(node.outcome)}, record {node.index}
      </span>
    </>
  )
}

/** The last line: a flag before all else, then how the token ended, then why it was refused. */
export function NodeEnd({ drawn: { node } }: { readonly drawn: DrawnNode }): ReactNode {
  const end = endOf(node)
  const [flag] = node.flags
  if (flag !== undefined) {
    return (
      <span className="node-line node-flag" data-alarm={isAlarm(flag)}>
        <Icon name="warning" /> {flagText(flag).word}
        {node.flags.length > 1 ? ` +${node.flags.length - 1}` : ''}
      </span>
    )
  }
  if (end !== null) {
    return (
      <span className="node-line node-end" data-end={end.word}>
        {end.word} <Time ms={Date.parse(end.at)} clock />
      </span>
    )
  }
  const why = node.reason || node.revocation
  return <span className="node-line node-end">{visibleText(why)}</span>
}
