// The journal and its offsets. What is checked is told in the package: journal-model.ts.
import { runJournalModel } from '@grantlog/journal/testing'
import type { Driver } from './driver.ts'

export const driver: Driver = { name: 'journal', run: runJournalModel }
