// The full number of runs of commands/audit.test.ts.
import t from 'tap'
import { auditedRuns } from '../helpers/audited-place.ts'

t.test('clean after 50 random runs, with other people at work beside the path', t => auditedRuns(t, 50))
