// Judges deliveries by the library of Standard Webhooks: reads lines of {"secret", "headers", "body"}
// and prints for each whether it takes it. FFL_MODULES: where npm installed the library.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Webhook } = createRequire(`${process.env.FFL_MODULES}/`)("standardwebhooks");

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    console.log("good");
  } catch (error) {
    console.log(`bad: ${error.message}`);
  }
}
