"""What other libraries call a pipeline by: scikit-learn, torch, napari; none is loaded before it is used."""
