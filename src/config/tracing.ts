/** The settings of traces. */
import { about, section } from './section.js';
import { ratio, text } from './units.js';

export const tracing = section({
  endpoint: text(
    /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/,
    'must be the address of a collector, like http://127.0.0.1:4318, without a user and without a query',
  )
    .optional()
    .meta(
      about(
        'Where traces are sent to: the address of an OpenTelemetry collector that takes OTLP over HTTP, without `/v1/traces`. Without it there are none.',
      ),
    ),
  sample: ratio()
    .prefault(1)
    .meta(
      about(
        'The part of the traces that is kept, from 0 to 1; of what a producer has begun, that one decides.',
      ),
    ),
  serviceName: text(/^[\w.-]{1,100}$/, 'must be 1–100 letters, digits, "_", "." or "-"')
    .prefault('nodeyard')
    .meta(about('What the traces of this process are named by.')),
});
