"""Blocks of metadata that tests put into files."""

from PIL import Image as Pillow
from PIL import ImageCms

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = RGB_PROFILE[:16] + b"GRAY" + RGB_PROFILE[20:]

PACKET = (
    b'<?xpacket begin="" id="W5M0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6">%s</rdf:Description></rdf:RDF>'
    b'</x:xmpmeta><?xpacket end="w"?>'
)
"""XMP of an image to be turned, with room for more properties."""


def exif_of(orientation=None, maker="camera"):
    """Return EXIF of a maker's name and an orientation."""
    exif = Pillow.Exif()
    exif[0x010F] = maker
    if orientation is not None:
        exif[0x0112] = orientation
    return exif
