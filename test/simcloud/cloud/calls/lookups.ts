/** What is only read: images, and who is asking. */
import type { Image } from '../../api.js';
import { ACCOUNT } from '../world.js';
import { type Calls, inputOf } from './call.js';
import { like } from './select.js';

export const lookupCalls: Calls = {
  DescribeImages(context) {
    const { Owners = [], Filters = [] } = inputOf<{
      Owners?: readonly string[];
      Filters?: readonly { Name: string; Values: readonly string[] }[];
    }>(context);
    const images = context.world.settings.images.map(
      (image): Image => ({
        ImageId: image.id,
        Name: image.name,
        Description: image.name,
        OwnerId: image.owner,
        ImageOwnerAlias: image.ownerAlias,
        Architecture: image.architecture,
        CreationDate: image.createdAt,
        RootDeviceName: '/dev/xvda',
        State: 'available',
      }),
    );
    const fits = (image: Image): boolean =>
      (Owners.length === 0 || Owners.some((owner) => ownedBy(image, owner))) &&
      Filters.every(({ Name, Values }) => Values.some((value) => like(value)(filtered(image, Name))));
    return { Images: images.filter(fits) };
  },

  GetCallerIdentity: ({ identity: { account, arn } }) => ({
    Account: account,
    UserId: 'AIDASIMULATED',
    Arn: arn,
  }),

  AssumeRole: (context) => context.sessions.assume(inputOf(context), context.identity),
};

const ownedBy = ({ OwnerId, ImageOwnerAlias }: Image, owner: string): boolean =>
  owner === OwnerId || owner === ImageOwnerAlias || (owner === 'self' && OwnerId === ACCOUNT);

function filtered(image: Image, name: string): string {
  const values: Readonly<Record<string, string>> = {
    name: image.Name,
    state: image.State,
    architecture: image.Architecture,
    'image-id': image.ImageId,
  };
  return values[name] ?? '';
}
