// The page Record.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function RecordPage(): ReactNode {
  return (
    <Page title="Record">
      <Empty title="Not written yet" />
    </Page>
  )
}
