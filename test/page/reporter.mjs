// A reporter for node:test that prints lines as GoogleTest does: scripts/test.sh counts them.
export default async function* report(source) {
  for await (const { type, data } of source) {
    if ((type === "test:pass" || type === "test:fail") && data.nesting === 0) {
      const verdict = data.skip !== undefined ? "  SKIPPED " : type === "test:pass" ? "       OK " : "  FAILED  ";
      yield `[${verdict}] page: ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
      if (type === "test:fail") {
        const error = data.details.error.cause ?? data.details.error;
        yield `${error.stack ?? error}\n`;
      }
    } else if (type === "test:diagnostic" && /^(tests|pass|fail|skipped) /.test(data.message)) {
      yield `${data.message}\n`;
    } else if (type === "test:stderr" || type === "test:stdout") {
      yield data.message;
    }
  }
}
