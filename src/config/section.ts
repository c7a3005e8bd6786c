/** What the sections of the schema are made of: an object of settings, and what each setting says of itself. */
import { z } from 'zod';

/** What a setting says of itself besides its form. */
export interface SettingMeta {
  readonly description: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
  /** The variable’s name where it does not follow from the path. */
  readonly variable?: string;
}
export const about = (description: string, more: Omit<SettingMeta, 'description'> = {}) => ({
  description,
  ...more,
});

export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be an object of settings' : undefined),
  });
