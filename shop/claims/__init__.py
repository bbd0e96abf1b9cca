"""What a buyer brings forward after her order came: a return, or something that was not right."""
