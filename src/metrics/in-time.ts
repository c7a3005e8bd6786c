/** Asks what may take for ever (Redis is away), and goes on without an answer after a while. */

/** Undefined when there is none in time. What is asked still is not asked again, so that questions do not pile up. */
export function inTime<T>(
  ask: () => Promise<T>,
  { withinMs, onError }: { readonly withinMs: number; readonly onError: (error: unknown) => void },
): () => Promise<T | undefined> {
  let asking: Promise<T | undefined> | undefined;
  return async () => {
    asking ??= ask()
      .catch((error: unknown) => {
        onError(error);
        return undefined;
      })
      .finally(() => {
        asking = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), withinMs);
    });
    try {
      return await Promise.race([asking, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
