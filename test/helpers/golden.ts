// Golden files: bytes that a contract fixes for ever. UPDATE_GOLDEN=1 writes them anew; then read the diff.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { projectRoot } from './needs.ts'

/** Compares text with test/golden/<name>.golden, line by line in the report and byte by byte in the verdict. */
export function matchesGolden(t: Test, name: string, text: string): void {
  const file = join(projectRoot, 'test/golden', `${name}.golden`)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  const wanted = readFileSync(file)
  t.strictSame(text.split('\n'), wanted.toString('utf8').split('\n'), `the lines of ${name}.golden`)
  t.ok(Buffer.from(text).equals(wanted), `the bytes of ${name}.golden`)
}
