// The rules of ToolHive's legacy schema that conversion relaxes, for those who want them kept (`strictToolHive`).
import type { Finding } from '../../lib/issue.ts'
import { own } from '../../lib/json.ts'
import { finding } from './findings.ts'
import { LEGAL_KEY, type ToolhiveEntry } from './toolhive-fields.ts'

/** The legacy schema's image references: no digest, no upper case, no npx:// or uvx://. */
const PART = '[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?'
const STRICT_IMAGE = new RegExp(`^${PART}(?::[0-9]+)?(?:/${PART})*(?::[a-zA-Z0-9][a-zA-Z0-9._-]*)?$`)

/** One error a violated rule: key, image, at least one tool. Pointers lead into the ToolHive entry. */
export function findStrictProblems({ section, key, value }: ToolhiveEntry): Finding[] {
  const findings: Finding[] = []
  if (!LEGAL_KEY.test(key)) {
    const hint = 'set policy.namespace to its prefix, or rename it'
    findings.push(strict('', `"${key}" is not a key of the strict ToolHive format (lower case, digits, dashes)`, hint))
  }
  const image = own(value, 'image')
  if (section === 'servers' && !(typeof image === 'string' && STRICT_IMAGE.test(image))) {
    const hint = 'name the image by tag, in lower case'
    findings.push(strict('/image', 'the image is not a reference of the strict ToolHive format', hint))
  }
  const tools = own(value, 'tools')
  if (!Array.isArray(tools) || tools.length === 0) {
    const hint = "List the tools in the entry's io.github.stacklok extension."
    findings.push(strict('/tools', 'the strict ToolHive format wants at least one tool', hint))
  }
  return findings
}

function strict(pointer: string, message: string, hint: string): Finding {
  return finding('StrictToolHive', { severity: 'error', pointer, message, hint })
}
